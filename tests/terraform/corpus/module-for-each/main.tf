locals {
  tenants = {
    ms-a = { ports = [80], open = false }
    ms-b = { ports = [443, 8443], open = true }
  }
}

module "tenant" {
  source   = "./tenant"
  for_each = local.tenants

  name  = each.key
  ports = each.value.ports
  open  = each.value.open
}

output "names" {
  value = [for tenant in module.tenant : tenant.name]
}
