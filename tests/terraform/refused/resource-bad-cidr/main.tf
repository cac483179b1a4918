variable "networks" {
  default = ["10.0.0.0/8", "10.0.0.0/33"]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = var.networks
        content {
          ip_block {
            cidr = from.value
          }
        }
      }
      ports {
        port = 99999
      }
    }
    policy_types = ["Ingress", "Outgress"]
  }
}
