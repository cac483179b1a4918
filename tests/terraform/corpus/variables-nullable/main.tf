variable "namespace" {
  type     = string
  default  = "ms-b"
  nullable = false
}

variable "labels" {
  type    = map(string)
  default = null
}

variable "extra" {
  type    = string
  default = null
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "nullable"
    namespace = var.namespace
    labels    = var.labels
  }
  spec {
    pod_selector {
      match_labels = var.extra == null ? { app = "nginx" } : { app = var.extra }
    }
    policy_types = var.extra == null ? ["Ingress"] : ["Ingress", "Egress"]
  }
}
