module "tenants" {
  source = "./modules/tenant"
  for_each = {
    payments = { team = "red", quota = 10, clients = ["shop", "ops"] }
    shop     = { team = "blue", quota = 20, clients = ["ops"], isolated = false }
    ops      = { team = "black", clients = [] }
  }

  name     = each.key
  team     = each.value.team
  clients  = each.value.clients
  quota    = try(each.value.quota, 5)
  isolated = lookup(each.value, "isolated", true)
}
