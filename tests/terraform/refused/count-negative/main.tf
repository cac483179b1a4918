resource "kubernetes_namespace" "this" {
  count = -1
  metadata {
    name = "ms-a"
  }
}
