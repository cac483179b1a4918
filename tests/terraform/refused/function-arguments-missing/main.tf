resource "kubernetes_namespace" "this" {
  metadata {
    name = replace("a", "b")
  }
}
