module "policy" {
  source             = "./policy"
  namespace          = "ms-b"
  allowed_namespaces = ["ms-a", "ms-c"]
}

resource "kubernetes_network_policy" "after" {
  metadata {
    name      = "after-${module.policy.name}"
    namespace = module.policy.namespace
  }
  spec {
    pod_selector {}
    policy_types = ["Egress"]
  }
}
