resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "deny-all"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
