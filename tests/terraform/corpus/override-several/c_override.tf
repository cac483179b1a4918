resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "from-c-${count.index}"
    namespace = "ms-c"
  }
}
