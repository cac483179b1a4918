variable "rules" {
  type = map(object({ port = number, from = list(string) }))
}

resource "kubernetes_namespace" "this" {
  for_each = var.rules
  metadata {
    name = each.key
  }
}
