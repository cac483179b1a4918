resource "kubernetes_namespace" "this" {
  metadata {
    name = lowr("A")
  }
}
