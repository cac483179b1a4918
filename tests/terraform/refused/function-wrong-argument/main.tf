resource "kubernetes_namespace" "this" {
  metadata {
    name = join("-", "a", "b")
  }
}
