resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "from-a"
    namespace = "ms-a"
  }
}
