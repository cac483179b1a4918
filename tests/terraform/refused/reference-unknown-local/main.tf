locals {
  place = "ms-b"
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = local.plac
  }
}
