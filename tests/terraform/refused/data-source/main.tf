data "kubernetes_namespace" "this" {
  metadata {
    name = "ms-b"
  }
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = data.kubernetes_namespace.this.metadata[0].name
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
