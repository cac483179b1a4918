resource "kubernetes_namespace" "that" {
  metadata {
    name = "ms-b"
  }
}
