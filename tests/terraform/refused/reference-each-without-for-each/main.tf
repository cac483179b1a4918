resource "kubernetes_namespace" "this" {
  metadata {
    name = each.key
  }
}
