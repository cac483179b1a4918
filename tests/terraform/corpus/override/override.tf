variable "namespace" {
  default = "ms-b"
}

locals {
  port = 443
}

resource "kubernetes_network_policy" "this" {
  spec {
    pod_selector {
      match_labels = { app = "nginx" }
    }
    ingress {
      ports {
        port = local.port
      }
    }
    policy_types = ["Ingress", "Egress"]
  }
}
