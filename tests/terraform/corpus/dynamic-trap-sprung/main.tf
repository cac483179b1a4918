variable "allowed_namespaces" {
  type    = list(string)
  default = []
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "trap"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = var.allowed_namespaces
        content {
          namespace_selector {
            match_labels = { namespace = from.value }
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
