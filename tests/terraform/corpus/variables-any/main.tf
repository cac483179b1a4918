variable "peers" {
  type    = any
  default = { a = { app = "a" }, b = { app = "b", tier = 1 } }
}

variable "list" {
  type    = list(any)
  default = [1, "two", true]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "any"
    namespace = "ms-b"
    labels    = { for i, v in var.list : "l${i}" => v }
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = var.peers
        content {
          pod_selector {
            match_labels = from.value
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
