resource "kubernetes_namespace" "this" {
  metadata {
    name = "n-${1 / 0}"
  }
}
