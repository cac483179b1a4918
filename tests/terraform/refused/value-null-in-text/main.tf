locals {
  suffix = null
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = "ms-${local.suffix}"
  }
}
