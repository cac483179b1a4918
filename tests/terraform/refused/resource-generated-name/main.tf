resource "kubernetes_network_policy" "this" {
  metadata {
    generate_name = "x-"
    namespace     = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
