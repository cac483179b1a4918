resource "kubernetes_namespace" "this" {
  metadata {
    name   = var.name
    labels = { namespace = var.name }
  }
}

resource "kubernetes_network_policy" "ports" {
  count = var.open ? 1 : 0
  metadata {
    name      = "ports"
    namespace = kubernetes_namespace.this.metadata[0].name
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "ports" {
        for_each = var.ports
        content {
          port = ports.value
        }
      }
    }
    policy_types = ["Ingress"]
  }
}

resource "kubernetes_network_policy" "deny" {
  count = var.open ? 0 : 1
  metadata {
    name      = "deny"
    namespace = kubernetes_namespace.this.metadata[0].name
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
