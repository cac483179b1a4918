resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "map"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      from {
        pod_selector {}
      }
      dynamic "from" {
        for_each = { special = "true", tier = "web" }
        content {
          pod_selector {
            match_labels = { (from.key) = from.value }
          }
        }
      }
      from {
        ip_block {
          cidr = "10.0.0.0/8"
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
