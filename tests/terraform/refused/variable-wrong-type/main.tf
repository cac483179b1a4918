variable "port" {
  type    = number
  default = 80
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = "n-${var.port}"
  }
}
