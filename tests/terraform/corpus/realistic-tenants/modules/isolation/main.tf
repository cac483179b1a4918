variable "namespace" {
  type = string
}

resource "kubernetes_network_policy" "own" {
  metadata {
    name      = "own-namespace"
    namespace = var.namespace
  }
  spec {
    pod_selector {}
    ingress {
      from {
        pod_selector {}
      }
    }
    policy_types = ["Ingress"]
  }
}
