variable "tenants" {
  type = map(object({
    labels = map(string)
    ports  = list(number)
  }))
}

resource "kubernetes_network_policy" "this" {
  for_each = var.tenants
  metadata {
    name      = "tenant"
    namespace = each.key
  }
  spec {
    pod_selector {
      match_labels = each.value.labels
    }
    ingress {
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
