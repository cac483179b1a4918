variable "names" {
  type = list(string)
}

module "inner" {
  source   = "../inner"
  for_each = toset(var.names)
  name     = each.key
}

module "single" {
  source = "../inner"
  name   = "single"
}

output "made" {
  value = [for key, inner in module.inner : inner.name]
}

output "last" {
  value = module.inner["ms-b"].name
}
