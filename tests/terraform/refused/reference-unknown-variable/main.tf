variable "namespace" {
  default = "ms-b"
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = var.namspace
  }
}
