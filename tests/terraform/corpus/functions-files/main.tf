locals {
  policies = yamldecode(file("${path.module}/policies.yaml"))
  extra    = jsondecode(file("${path.module}/data/extra.json"))
}

resource "kubernetes_network_policy" "this" {
  for_each = local.policies.allow
  metadata {
    name        = each.key
    namespace   = local.policies.namespace
    labels      = local.extra.labels
    annotations = { text = templatefile("${path.module}/text.tftpl", { name = each.key, ports = each.value.ports }) }
  }
  spec {
    pod_selector {}
    ingress {
      from {
        namespace_selector {
          match_labels = { namespace = each.value.from }
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
