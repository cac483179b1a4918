resource "kubernetes_network_policy" "allow_from_special" {
  metadata {
    name      = var.name
    namespace = var.namespace
  }

  spec {
    pod_selector {
      match_labels = var.pod_labels
    }

    policy_types = ["Ingress"]

    # Both selectors stand in one block, so both must match. Without the empty namespace selector, which matches every
    # namespace, only pods of the policy's own namespace would be meant.
    ingress {
      from {
        namespace_selector {}

        pod_selector {
          match_labels = var.client_labels
        }
      }
    }
  }
}
