locals {
  rules = yamldecode(file("${path.module}/rules.yaml"))
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = local.rules.name
  }
}
