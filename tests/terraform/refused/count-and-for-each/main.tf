resource "kubernetes_namespace" "this" {
  count    = 1
  for_each = {}
  metadata {
    name = "ms-a"
  }
}
