resource "kubernetes_network_policy" "deny_from_any" {
  metadata {
    name      = var.name
    namespace = var.namespace
  }

  spec {
    pod_selector {
      match_labels = var.pod_labels
    }

    policy_types = ["Ingress"]
  }
}
