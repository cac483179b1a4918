resource "kubernetes_network_policy" "allow_from_any" {
  metadata {
    name      = var.name
    namespace = var.namespace
  }

  spec {
    pod_selector {
      match_labels = var.pod_labels
    }

    policy_types = ["Ingress"]

    # A rule without "from" is about every peer, and one without "ports" about every port.
    ingress {}
  }
}
