variable "rules" {
  type = map(object({
    from = list(object({
      namespace = string
      pods      = optional(map(string))
    }))
    ports = optional(list(string), ["80", "443"])
  }))
}

resource "kubernetes_network_policy" "this" {
  for_each = var.rules
  metadata {
    name      = each.key
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = each.value.from
        content {
          namespace_selector {
            match_labels = { namespace = from.value.namespace }
          }
          dynamic "pod_selector" {
            for_each = from.value.pods[*]
            content {
              match_labels = pod_selector.value
            }
          }
        }
      }
      dynamic "ports" {
        for_each = each.value.ports
        content {
          port = ports.value
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
