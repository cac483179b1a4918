data "external" "allowed" {
  program = ["./list"]
}

locals {
  allowed = split(",", data.external.allowed.result.names)
  sorted  = sort(local.allowed)
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = local.sorted
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
