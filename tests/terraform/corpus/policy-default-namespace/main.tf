resource "kubernetes_network_policy" "this" {
  metadata {
    name = "nowhere"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
