resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    dynamic "ingress" {
      for_each = "ms-a"
      content {}
    }
    policy_types = ["Ingress"]
  }
}
