variable "namespace" {
  default = "ms-a"
}

locals {
  port = 80
  kept = "kept"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "overridden"
    namespace = var.namespace
    labels    = { kept = local.kept }
  }
  spec {
    pod_selector {}
    ingress {
      from {
        pod_selector {}
      }
    }
    policy_types = ["Ingress"]
  }
}
