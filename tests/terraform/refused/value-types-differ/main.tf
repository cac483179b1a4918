variable "many" {
  default = true
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = (var.many ? { a = ["x"] } : { b = {} }).a[0]
  }
}
