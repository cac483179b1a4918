variable "enabled" {
  default = true
}

module "on" {
  source = "./deny"
  count  = var.enabled ? 2 : 0
  name   = "deny-${count.index}"
}

module "off" {
  source = "./deny"
  count  = var.enabled ? 0 : 1
  name   = "never"
}

resource "kubernetes_network_policy" "last" {
  metadata {
    name      = "last"
    namespace = "ms-b"
    labels    = { names = join(".", module.on[*].name), off = length(module.off), first = module.on[0].name }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
