resource "kubernetes_network_policy" "allow_from_any_to_port" {
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
      dynamic "ports" {
        for_each = var.port

        content {
          port     = ports.value
          protocol = var.protocol
        }
      }
    }
  }
}
