resource "kubernetes_namespace" "this" {
  metadata {
    name = production
  }
}
