variable "ports" {
  type = list(number)
}

resource "kubernetes_namespace" "this" {
  for_each = toset([for port in var.ports : "p-${port}"])
  metadata {
    name = each.key
  }
}
