locals {
  tenant = { name = "ms-a" }
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = local.tenant.nmae
  }
}
