module "policies" {
  source = "./policies"
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = module.policies.nam
  }
}
