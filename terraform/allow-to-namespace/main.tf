resource "kubernetes_network_policy" "allow_to_namespace" {
  metadata {
    name      = var.name
    namespace = var.namespace
  }

  spec {
    pod_selector {
      match_labels = var.pod_labels
    }

    policy_types = ["Egress"]

    egress {
      dynamic "to" {
        for_each = var.ns

        content {
          namespace_selector {
            match_labels = {
              (var.namespace_label) = to.value
            }
          }
        }
      }
    }
  }
}
