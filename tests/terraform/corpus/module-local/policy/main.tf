variable "namespace" {
  type = string
}

variable "allowed_namespaces" {
  type = list(string)
}

variable "name" {
  default = "allow"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = var.name
    namespace = var.namespace
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

output "name" {
  value = kubernetes_network_policy.this.metadata[0].name
}

output "namespace" {
  value = var.namespace
}
