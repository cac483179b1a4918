variable "ports" {
  type    = set(number)
  default = [443, 80]

  validation {
    condition     = alltrue([for p in var.ports : p > 0 && p < 65536])
    error_message = "Ports are between 1 and 65535."
  }

  validation {
    condition     = length(var.ports) > 0
    error_message = "At least one port."
  }
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "validated"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "ports" {
        for_each = var.ports
        content {
          port = ports.key
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
