locals {
  ports = { http = 80 }
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = "n-${local.ports["https"]}"
  }
}
