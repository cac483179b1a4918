variable "replicas" {
  type    = number
  default = 3
}

resource "kubernetes_network_policy" "this" {
  count = var.replicas
  metadata {
    name      = "policy-${count.index}"
    namespace = "ms-b"
  }
  spec {
    pod_selector {
      match_labels = { shard = count.index }
    }
    ingress {
      ports {
        port = 8000 + count.index
      }
    }
    policy_types = ["Ingress"]
  }
}

resource "kubernetes_network_policy" "none" {
  count = var.replicas > 5 ? 1 : 0
  metadata {
    name      = "none"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
