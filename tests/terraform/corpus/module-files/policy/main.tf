locals {
  rules = yamldecode(file("${path.module}/rules.yaml"))
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name        = local.rules.name
    namespace   = "ms-b"
    annotations = { exists = fileexists("${path.module}/nothing") }
  }
  spec {
    pod_selector {}
    policy_types = local.rules.types
  }
}
