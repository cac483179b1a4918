locals {
  files    = ["payments", "shop"]
  services = { for name in local.files : name => yamldecode(file("${path.module}/services/${name}.yaml")) }
  rules = merge([
    for name, service in local.services : {
      for index, rule in try(service.ingress, []) : "${name}-${index}" => merge(rule, { service = name })
    }
  ]...)
}

resource "kubernetes_network_policy" "rule" {
  for_each = local.rules
  metadata {
    name      = each.key
    namespace = each.value.service
  }
  spec {
    pod_selector {
      match_labels = { app = each.value.service }
    }
    policy_types = ["Ingress"]
    ingress {
      dynamic "from" {
        for_each = try(each.value.namespaces, [])
        content {
          namespace_selector {
            match_labels = { namespace = from.value }
          }
        }
      }
      dynamic "from" {
        for_each = try(each.value.cidrs, [])
        content {
          ip_block {
            cidr = from.value
          }
        }
      }
      ports {
        port = each.value.port
      }
    }
  }
}
