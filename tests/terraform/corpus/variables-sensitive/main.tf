variable "team" {
  type      = string
  sensitive = true
  default   = "zebra"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "sensitive"
    namespace = "ms-b"
  }
  spec {
    pod_selector {
      match_labels = {
        team = var.team
        both = "x-${upper(var.team)}"
      }
    }
    policy_types = ["Ingress"]
  }
}
