locals {
  network = "10.0.0.0/8"
  subnets = [for i in range(2) : cidrsubnet(local.network, 8, i + 1)]
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "addresses"
    namespace = "ms-b"
    annotations = {
      mask  = cidrnetmask(local.network)
      many  = join(",", cidrsubnets("10.1.0.0/16", 4, 8, 8))
      six   = cidrsubnet("fd00::/16", 16, 255)
    }
  }
  spec {
    pod_selector {}
    ingress {
      from {
        ip_block {
          cidr   = local.network
          except = local.subnets
        }
      }
      from {
        ip_block {
          cidr = "${cidrhost("10.9.0.0/24", -2)}/32"
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
