variable "namespace" {
  type = string
}

variable "app" {
  type = string
}

variable "tier" {
  type = string
}

variable "zone" {
  type = string
}

variable "ports" {
  type = list(string)
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "tfvars"
    namespace = var.namespace
  }
  spec {
    pod_selector {
      match_labels = { app = var.app, tier = var.tier, zone = var.zone }
    }
    ingress {
      dynamic "ports" {
        for_each = var.ports
        content {
          port = ports.value
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
