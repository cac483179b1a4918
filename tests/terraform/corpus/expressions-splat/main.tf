locals {
  tenants = [
    { name = "ms-a", ports = [80, 81] },
    { name = "ms-c", ports = [443] },
  ]
  names = local.tenants[*].name
  first = local.tenants[*].ports[0]
  old   = local.tenants.*.name
  one   = "single"[*]
  none  = null[*]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = local.names.0
    namespace = local.tenants[1]["name"]
    labels = {
      names = join("-", local.names)
      first = join("-", local.first)
      old   = join("-", local.old)
      one   = join("-", local.one)
      none  = length(local.none)
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
