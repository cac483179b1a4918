variable "mode" {
  type    = string
  default = "strict"
}

locals {
  strict = var.mode == "strict"
  labels = local.strict ? { mode = "strict", level = 3 } : {}
  types  = local.strict ? ["Ingress", "Egress"] : ["Ingress"]
  peers  = local.strict ? [] : ["everybody"]
  other  = var.mode == "loose" ? null : "kept"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "conditional"
    namespace = local.other
    labels    = local.labels
  }
  spec {
    pod_selector {}
    dynamic "ingress" {
      for_each = local.peers
      content {}
    }
    policy_types = local.types
  }
}
