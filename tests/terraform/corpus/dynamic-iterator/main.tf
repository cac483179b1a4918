variable "rules" {
  default = [
    { peers = ["ms-a"], ports = ["80"] },
    { peers = ["ms-c", "ms-d"], ports = ["443", "metrics"] },
  ]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "iterator"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    dynamic "ingress" {
      for_each = var.rules
      iterator = rule
      content {
        dynamic "from" {
          for_each = rule.value.peers
          iterator = peer
          content {
            namespace_selector {
              match_labels = {
                namespace = peer.value
                position  = "${rule.key}-${peer.key}"
              }
            }
          }
        }
        dynamic "ports" {
          for_each = rule.value.ports
          content {
            port = ports.value
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
