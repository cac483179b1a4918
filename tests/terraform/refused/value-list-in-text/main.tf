resource "kubernetes_namespace" "this" {
  metadata {
    name = "ms-${["a"]}"
  }
}
