resource "kubernetes_namespace" "this" {
  metadata {
    name = "ms-b"
  }
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = kubernetes_namespace.this.id
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
