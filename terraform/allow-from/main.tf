resource "kubernetes_network_policy" "allow_from" {
  metadata {
    name      = var.name
    namespace = var.namespace
  }

  spec {
    pod_selector {
      match_labels = var.pod_labels
    }

    policy_types = ["Ingress"]

    ingress {
      dynamic "from" {
        for_each = var.ns

        content {
          namespace_selector {
            match_labels = {
              (var.namespace_label) = from.value
            }
          }
        }
      }
    }
  }
}
