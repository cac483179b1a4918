resource "kubernetes_namespace" "tenant" {
  for_each = var.namespaces

  metadata {
    name   = each.key
    labels = merge(each.value, { (var.namespace_label) = each.key })
  }
}
