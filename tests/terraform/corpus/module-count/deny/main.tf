variable "name" {
  type = string
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = var.name
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}

output "name" {
  value = var.name
}
