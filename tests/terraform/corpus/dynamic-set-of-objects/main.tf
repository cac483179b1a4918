variable "rules" {
  type = set(object({ namespace = string, port = number }))
  default = [
    { namespace = "ms-c", port = 80 },
    { namespace = "ms-a", port = 443 },
    { namespace = "ms-a", port = 80 },
  ]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "set"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    dynamic "ingress" {
      for_each = var.rules
      content {
        from {
          namespace_selector {
            match_labels = { namespace = ingress.value.namespace }
          }
        }
        ports {
          port = ingress.value.port
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
