locals {
  names = { for name in ["a", "b", "a"] : name => 1 }
}

resource "kubernetes_namespace" "this" {
  for_each = local.names
  metadata {
    name = each.key
  }
}
