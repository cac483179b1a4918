variable "destinations" {
  type = map(object({
    cidrs  = list(string)
    except = optional(list(string), [])
    ports  = optional(map(string), { https = "443" })
  }))
  default = {
    payment-provider = { cidrs = ["203.0.113.0/24", "198.51.100.0/24"] }
    intranet = {
      cidrs  = ["10.0.0.0/8"]
      except = ["10.96.0.0/12", "10.244.0.0/16"]
      ports  = { http = "80", https = "443", ldap = "636" }
    }
  }
}

resource "kubernetes_network_policy" "egress" {
  for_each = var.destinations
  metadata {
    name      = "to-${each.key}"
    namespace = "shop"
  }
  spec {
    pod_selector {
      match_labels = { "egress/${each.key}" = "allowed" }
    }
    policy_types = ["Egress"]
    egress {
      dynamic "to" {
        for_each = each.value.cidrs
        content {
          ip_block {
            cidr   = to.value
            except = [for range in each.value.except : range if cidrhost(to.value, 0) == "10.0.0.0"]
          }
        }
      }
      dynamic "ports" {
        for_each = each.value.ports
        content {
          port     = ports.value
          protocol = "TCP"
        }
      }
    }
  }
}
