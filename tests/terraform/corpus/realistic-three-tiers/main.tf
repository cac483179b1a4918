variable "environment" {
  type    = string
  default = "staging"

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "Environment is staging or production."
  }
}

locals {
  namespace = "shop-${var.environment}"
  common    = { "app.kubernetes.io/part-of" = "shop", environment = var.environment }
  tiers = {
    web = { port = 8080, clients = [], public = true }
    api = { port = 9000, clients = ["web"], public = false }
    db  = { port = 5432, clients = ["api"], public = false }
  }
  edges = flatten([
    for tier, settings in local.tiers : [
      for client in settings.clients : { from = client, to = tier, port = settings.port }
    ]
  ])
}

resource "kubernetes_namespace" "shop" {
  metadata {
    name   = local.namespace
    labels = local.common
  }
}

resource "kubernetes_network_policy" "default_deny" {
  metadata {
    name      = "default-deny"
    namespace = kubernetes_namespace.shop.metadata[0].name
    labels    = local.common
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress", "Egress"]
  }
}

resource "kubernetes_network_policy" "dns" {
  metadata {
    name      = "dns"
    namespace = kubernetes_namespace.shop.metadata[0].name
  }
  spec {
    pod_selector {}
    policy_types = ["Egress"]
    egress {
      to {
        namespace_selector {}
        pod_selector {
          match_labels = { "k8s-app" = "kube-dns" }
        }
      }
      dynamic "ports" {
        for_each = ["UDP", "TCP"]
        content {
          port     = 53
          protocol = ports.value
        }
      }
    }
  }
}

resource "kubernetes_network_policy" "ingress" {
  for_each = { for edge in local.edges : "${edge.from}-to-${edge.to}" => edge }
  metadata {
    name      = "in-${each.key}"
    namespace = kubernetes_namespace.shop.metadata[0].name
  }
  spec {
    pod_selector {
      match_labels = { tier = each.value.to }
    }
    policy_types = ["Ingress"]
    ingress {
      from {
        pod_selector {
          match_labels = { tier = each.value.from }
        }
      }
      ports {
        port = each.value.port
      }
    }
  }
}

resource "kubernetes_network_policy" "egress" {
  for_each = { for edge in local.edges : "${edge.from}-to-${edge.to}" => edge }
  metadata {
    name      = "out-${each.key}"
    namespace = kubernetes_namespace.shop.metadata[0].name
  }
  spec {
    pod_selector {
      match_labels = { tier = each.value.from }
    }
    policy_types = ["Egress"]
    egress {
      to {
        pod_selector {
          match_labels = { tier = each.value.to }
        }
      }
      ports {
        port = each.value.port
      }
    }
  }
}

resource "kubernetes_network_policy" "public" {
  for_each = toset([for tier, settings in local.tiers : tier if settings.public])
  metadata {
    name      = "public-${each.key}"
    namespace = kubernetes_namespace.shop.metadata[0].name
  }
  spec {
    pod_selector {
      match_labels = { tier = each.key }
    }
    policy_types = ["Ingress"]
    ingress {
      from {
        namespace_selector {
          match_labels = { "kubernetes.io/metadata.name" = "ingress-nginx" }
        }
      }
      ports {
        port = local.tiers[each.key].port
      }
    }
  }
}

resource "kubernetes_deployment" "tier" {
  for_each = local.tiers
  metadata {
    name      = each.key
    namespace = kubernetes_namespace.shop.metadata[0].name
  }
  spec {
    replicas = var.environment == "production" ? 3 : 1
    selector {
      match_labels = { tier = each.key }
    }
    template {
      metadata {
        labels = merge(local.common, { tier = each.key })
      }
      spec {
        container {
          name  = each.key
          image = "shop/${each.key}:1.0"
          port {
            container_port = each.value.port
          }
        }
      }
    }
  }
}

resource "kubernetes_service" "tier" {
  for_each = local.tiers
  metadata {
    name      = each.key
    namespace = kubernetes_namespace.shop.metadata[0].name
  }
  spec {
    selector = { tier = each.key }
    port {
      port        = 80
      target_port = each.value.port
    }
  }
}
