resource "kubernetes_namespace" "ms_b" {
  metadata {
    name   = "ms-b"
    labels = { namespace = "ms-b" }
  }
}

resource "kubernetes_namespace" "clients" {
  for_each = toset(["ms-a", "ms-c"])
  metadata {
    name   = each.key
    labels = { namespace = each.key, role = "client" }
  }
}

resource "kubernetes_namespace" "numbered" {
  count = 2
  metadata {
    name = "n-${count.index}"
  }
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "references"
    namespace = kubernetes_namespace.ms_b.metadata[0].name
    annotations = {
      numbered = join(",", kubernetes_namespace.numbered[*].metadata[0].name)
      keys     = join(",", keys(kubernetes_namespace.clients))
      count    = length(kubernetes_namespace.numbered)
    }
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = kubernetes_namespace.clients
        content {
          namespace_selector {
            match_labels = from.value.metadata[0].labels
          }
        }
      }
      from {
        namespace_selector {
          match_labels = { name = kubernetes_namespace.clients["ms-a"].metadata.0.name }
        }
      }
      dynamic "from" {
        for_each = values(kubernetes_namespace.clients)[*].metadata[0].name
        content {
          pod_selector {
            match_labels = { from = from.value }
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
  depends_on = [kubernetes_namespace.clients]
}
