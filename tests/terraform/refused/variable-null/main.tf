variable "name" {
  type     = string
  nullable = false
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = var.name
  }
}
