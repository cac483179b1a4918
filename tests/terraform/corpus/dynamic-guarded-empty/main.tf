variable "allowed_namespaces" {
  type    = list(string)
  default = []
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "guarded"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    dynamic "ingress" {
      for_each = length(var.allowed_namespaces) > 0 ? [1] : []
      content {
        dynamic "from" {
          for_each = var.allowed_namespaces
          content {
            namespace_selector {
              match_labels = { namespace = from.value }
            }
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
