variable "allowed_namespaces" {
  type    = list(string)
  default = ["ms-b"]
}

variable "labels" {
  type    = map(string)
  default = {}
}

variable "port" {
  type = number
}

variable "enabled" {
  type    = bool
  default = false
}

variable "name" {
  type = string
}

resource "kubernetes_network_policy" "this" {
  count = var.enabled ? 1 : 0
  metadata {
    name      = var.name
    namespace = "ms-b"
    labels    = var.labels
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = var.allowed_namespaces
        content {
          namespace_selector {
            match_labels = {
              namespace = "${from.value}"
            }
          }
        }
      }
      ports {
        port = var.port
      }
    }
    policy_types = ["Ingress"]
  }
}
