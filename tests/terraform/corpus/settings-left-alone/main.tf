terraform {
  required_version = ">= 1.0"

  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 1.13"
    }
  }

  backend "s3" {
    bucket = "states"
    key    = "policies"
    region = "eu-central-1"
  }
}

provider "kubernetes" {
  host  = "https://production.example.com"
  token = "not-a-token"
}

variable "namespace" {
  default = "ms-b"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "here"
    namespace = "ms-b"
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [metadata[0].annotations]

    precondition {
      condition     = var.namespace != ""
      error_message = "A namespace has a name."
    }
  }

  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
