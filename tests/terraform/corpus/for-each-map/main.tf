resource "kubernetes_network_policy" "this" {
  for_each = {
    web   = { port = 80, from = ["ms-a", "ms-c"] }
    admin = { port = "admin", from = ["ops"] }
  }
  metadata {
    name      = "allow-${each.key}"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = each.value.from
        content {
          namespace_selector {
            match_labels = { namespace = from.value }
          }
        }
      }
      ports {
        port = each.value.port
      }
    }
    policy_types = ["Ingress"]
  }
}
