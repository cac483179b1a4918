resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "expressions"
    namespace = "ms-b"
  }
  spec {
    pod_selector {
      match_labels = { app = "nginx" }
      match_expressions {
        key      = "tier"
        operator = "In"
        values   = ["web", "api", "web"]
      }
      match_expressions {
        key      = "canary"
        operator = "DoesNotExist"
      }
    }
    ingress {
      from {
        namespace_selector {
          match_expressions {
            key      = "namespace"
            operator = "NotIn"
            values   = ["ms-c"]
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
