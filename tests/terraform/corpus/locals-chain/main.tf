locals {
  prefix    = "ms"
  namespace = "${local.prefix}-b"
  clients   = [for suffix in local.suffixes : "${local.prefix}-${suffix}"]
}

locals {
  suffixes = ["a", "c"]
  ports    = { http = 80, https = 443 }
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "locals"
    namespace = local.namespace
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = local.clients
        content {
          namespace_selector {
            match_labels = { namespace = from.value }
          }
        }
      }
      dynamic "ports" {
        for_each = local.ports
        content {
          port = ports.value
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
