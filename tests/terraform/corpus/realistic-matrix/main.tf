locals {
  # Rows are clients, columns are servers.
  matrix = {
    ms-a = { ms-b = true, ms-c = false }
    ms-b = { ms-a = true, ms-c = true }
    ms-c = { ms-a = false, ms-b = true }
  }
  namespaces = sort(keys(local.matrix))
  clients = {
    for server in local.namespaces : server => [
      for client, row in local.matrix : client if lookup(row, server, false)
    ]
  }
}

resource "kubernetes_namespace" "this" {
  for_each = toset(local.namespaces)
  metadata {
    name   = each.value
    labels = { namespace = each.value }
  }
}

resource "kubernetes_network_policy" "this" {
  for_each = local.clients
  metadata {
    name      = "clients"
    namespace = kubernetes_namespace.this[each.key].metadata[0].name
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    dynamic "ingress" {
      for_each = length(each.value) > 0 ? [each.value] : []
      content {
        dynamic "from" {
          for_each = ingress.value
          content {
            namespace_selector {
              match_labels = { namespace = from.value }
            }
          }
        }
      }
    }
  }
}
