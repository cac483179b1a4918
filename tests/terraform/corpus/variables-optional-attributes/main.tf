variable "rules" {
  type = list(object({
    namespace = string
    port      = optional(number, 80)
    protocol  = optional(string)
    labels    = optional(map(string), {})
  }))
  default = [
    { namespace = "ms-a" },
    { namespace = "ms-c", port = 443, protocol = "TCP", labels = { app = "c" } },
    { namespace = "ms-d", port = null },
  ]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "optional"
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
          dynamic "pod_selector" {
            for_each = length(ingress.value.labels) > 0 ? [ingress.value.labels] : []
            content {
              match_labels = pod_selector.value
            }
          }
        }
        ports {
          port     = ingress.value.port
          protocol = ingress.value.protocol
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
