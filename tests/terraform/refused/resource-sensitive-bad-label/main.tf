variable "team" {
  type      = string
  sensitive = true
  default   = "not a label!"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = "ms-b"
  }
  spec {
    pod_selector {
      match_labels = { team = upper(var.team) }
    }
    policy_types = ["Ingress"]
  }
}
