resource "kubernetes_namespace" "this" {
  metadata {
    name = var.name
    labels = {
      namespace = var.name
      team      = var.team
    }
    annotations = {
      "quota/pods" = var.quota
    }
  }
}

resource "kubernetes_resource_quota" "this" {
  metadata {
    name      = "pods"
    namespace = kubernetes_namespace.this.metadata[0].name
  }
  spec {
    hard = { pods = var.quota }
  }
}

module "isolation" {
  source    = "../isolation"
  count     = var.isolated ? 1 : 0
  namespace = kubernetes_namespace.this.metadata[0].name
}

module "clients" {
  source    = "../clients"
  for_each  = toset(var.clients)
  namespace = kubernetes_namespace.this.metadata[0].name
  client    = each.value
}
