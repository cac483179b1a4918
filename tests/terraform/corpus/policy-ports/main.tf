resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "ports"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      ports {
        port     = "80"
        protocol = "TCP"
      }
      ports {
        port = 8080
      }
      ports {
        port     = "http"
        protocol = "TCP"
      }
      ports {
        protocol = "UDP"
      }
      ports {
        port     = "5000"
        protocol = "SCTP"
      }
    }
    policy_types = ["Ingress"]
  }
}
