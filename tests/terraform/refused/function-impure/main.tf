resource "kubernetes_namespace" "this" {
  metadata {
    name = "n-${formatdate("YYYY", timestamp())}"
  }
}
