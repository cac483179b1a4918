resource "kubernetes_namespace" "this" {
  for_each = ["ms-a", "ms-b"]
  metadata {
    name = each.key
  }
}
