resource "kubernetes_network_policy" "this" {
  count = 1
  metadata {
    name      = "base"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
