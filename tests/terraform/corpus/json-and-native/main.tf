variable "namespace" {
  type = string
}

resource "kubernetes_network_policy" "native" {
  metadata {
    name      = "native"
    namespace = local.place
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
