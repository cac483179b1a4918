resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = "ms-b"
  }
  spec {
    policy_types = ["Ingress"]
  }
}
