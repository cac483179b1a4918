resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "peers"
    namespace = "ms-b"
    labels    = { team = "web", "app.kubernetes.io/part-of" = "shop" }
    annotations = {
      note = "two lines\nof text"
    }
  }
  spec {
    pod_selector {
      match_labels = {
        app = "nginx"
      }
    }
    ingress {
      # One peer with both selectors, and two peers with one each.
      from {
        namespace_selector {}
        pod_selector {
          match_labels = { special = "true" }
        }
      }
      from {
        namespace_selector {
          match_labels = { "namespace" = "ms-a" }
        }
      }
      from {
        pod_selector {}
      }
    }
    ingress {
      from {
        ip_block {
          cidr   = "10.0.0.0/8"
          except = ["10.1.0.0/16", "10.2.0.0/16"]
        }
      }
      from {
        ip_block {
          cidr = "2001:db8::/32"
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
