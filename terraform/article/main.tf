module "tenants" {
  source = "../tenants"

  namespaces = {
    ms-a = {}
    ms-b = {}
    ms-c = {}
  }
}

locals {
  # By way of the output, so that the policies wait for the namespace.
  namespace = module.tenants.names["ms-b"]
}

module "deny_from_any" {
  source    = "../deny-from-any"
  count     = contains(var.policies, "deny-from-any") ? 1 : 0
  namespace = local.namespace
}

module "allow_from_any" {
  source    = "../allow-from-any"
  count     = contains(var.policies, "allow-from-any") ? 1 : 0
  namespace = local.namespace
}

module "deny_from_other_namespaces" {
  source    = "../deny-from-other-namespaces"
  count     = contains(var.policies, "deny-from-other-namespaces") ? 1 : 0
  namespace = local.namespace
}

module "allow_from_other_namespaces" {
  source             = "../allow-from-other-namespaces"
  count              = contains(var.policies, "allow-from-other-namespaces") ? 1 : 0
  namespace          = local.namespace
  allowed_namespaces = var.allowed_namespaces
}

module "allow_from_special" {
  source    = "../allow-from-special"
  count     = contains(var.policies, "allow-from-special") ? 1 : 0
  namespace = local.namespace
}

module "allow_from_any_to_port" {
  source    = "../allow-from-any-to-port"
  count     = contains(var.policies, "allow-from-any-to-port") ? 1 : 0
  namespace = local.namespace
  port      = var.port
}

module "allow_from" {
  source    = "../allow-from"
  count     = contains(var.policies, "allow-from") ? 1 : 0
  namespace = local.namespace
  ns        = var.allowed_namespaces
}

module "deny_to_any" {
  source    = "../deny-to-any"
  count     = contains(var.policies, "deny-to-any") ? 1 : 0
  namespace = local.namespace
}

module "allow_dns" {
  source    = "../allow-dns"
  count     = contains(var.policies, "allow-dns") ? 1 : 0
  namespace = local.namespace
}

module "allow_to_namespace" {
  source    = "../allow-to-namespace"
  count     = contains(var.policies, "allow-to-namespace") ? 1 : 0
  namespace = local.namespace
  ns        = var.destinations
}
