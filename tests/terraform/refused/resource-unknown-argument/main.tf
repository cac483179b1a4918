resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_type = ["Ingress"]
  }
}
