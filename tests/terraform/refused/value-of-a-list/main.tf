locals {
  tenants = [{ name = "ms-a" }]
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = local.tenants.name
  }
}
