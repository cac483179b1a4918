resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    pod_selector {
      match_labels = { app = "nginx" }
    }
    policy_types = ["Ingress"]
  }
}
