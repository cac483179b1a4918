variable "namespace" {
  type = string
}

variable "client" {
  type = string
}

resource "kubernetes_network_policy" "client" {
  metadata {
    name      = "from-${var.client}"
    namespace = var.namespace
  }
  spec {
    pod_selector {}
    ingress {
      from {
        namespace_selector {
          match_labels = { namespace = var.client }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
