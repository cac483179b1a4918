resource "kubernetes_namespace" "this" {
  for_each = toset(["ms-a", "ms-b", "ms-a"])
  metadata {
    name   = each.key
    labels = { namespace = each.value }
  }
}
