variable "namespace" {
  type    = string
  default = "ms-b"
}

variable "app" {
  default = "nginx"
}

variable "port" {
  type    = number
  default = 8080
}

variable "special" {
  type    = bool
  default = true
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "defaults"
    namespace = var.namespace
  }
  spec {
    pod_selector {
      match_labels = {
        app     = var.app
        special = var.special
        port    = var.port
      }
    }
    ingress {
      ports {
        port = var.port
      }
    }
    policy_types = ["Ingress"]
  }
}
