resource "kubernetes_network_policy" "first" {
  metadata {
    name      = "first"
    namespace = "ms-b"
    labels    = { role = "base" }
  }
  spec {
    pod_selector {
      match_labels = { app = "nginx" }
    }
    ingress {
      ports {
        port = "80"
      }
    }
    policy_types = ["Ingress"]
  }
}

resource "kubernetes_network_policy" "second" {
  metadata {
    name      = "${kubernetes_network_policy.first.metadata[0].name}-copy"
    namespace = kubernetes_network_policy.first.metadata[0].namespace
    labels    = kubernetes_network_policy.first.metadata[0].labels
  }
  spec {
    pod_selector {
      match_labels = kubernetes_network_policy.first.spec[0].pod_selector[0].match_labels
    }
    ingress {
      ports {
        port     = kubernetes_network_policy.first.spec[0].ingress[0].ports[0].port
        protocol = kubernetes_network_policy.first.spec[0].ingress[0].ports[0].protocol
      }
    }
    policy_types = kubernetes_network_policy.first.spec[0].policy_types
  }
}
