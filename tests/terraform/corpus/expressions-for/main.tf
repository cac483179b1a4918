locals {
  tenants = {
    ms-a = { team = "red", open = true }
    ms-b = { team = "blue", open = false }
    ms-c = { team = "red", open = true }
  }
  open    = [for name, tenant in local.tenants : name if tenant.open]
  by_team = { for name, tenant in local.tenants : tenant.team => name... }
  upper   = { for name in local.open : name => upper(name) }
  nested  = flatten([for team, names in local.by_team : [for name in names : "${team}/${name}"]])
}

resource "kubernetes_network_policy" "this" {
  for_each = local.by_team
  metadata {
    name        = each.key
    namespace   = "ms-b"
    labels      = local.upper
    annotations = { nested = join(",", local.nested) }
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = toset(each.value)
        content {
          namespace_selector {
            match_labels = { namespace = from.key }
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
