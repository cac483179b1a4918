terraform {
  required_version = ">= 1.0"

  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 1.13, < 4"
    }
  }
}

# "config_context_cluster" alone is not enough: since version 2 of the provider it counts only together with a
# path, and without one the provider talks to localhost. The context names cluster and user both.
provider "kubernetes" {
  config_path    = var.config_path
  config_context = var.config_context
}
