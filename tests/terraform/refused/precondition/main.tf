variable "namespace" {
  default = "kube-system"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "x"
    namespace = var.namespace
  }

  lifecycle {
    precondition {
      condition     = var.namespace != "kube-system"
      error_message = "Leave kube-system alone."
    }
  }

  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
