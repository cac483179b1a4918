resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "allow-all"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {}
    egress {}
    policy_types = ["Ingress", "Egress"]
  }
}
