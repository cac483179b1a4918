module "outer" {
  source = "./outer"
  names  = ["ms-a", "ms-b"]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = join("-", module.outer.made)
    namespace = module.outer.last
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
