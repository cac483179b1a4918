resource "kubernetes_network_policy" "deny_from_other_namespaces" {
  metadata {
    name      = var.name
    namespace = var.namespace
  }

  spec {
    pod_selector {
      match_labels = var.pod_labels
    }

    policy_types = ["Ingress"]

    # A pod selector without a namespace selector means pods of the policy's own namespace.
    ingress {
      from {
        pod_selector {}
      }
    }
  }
}
