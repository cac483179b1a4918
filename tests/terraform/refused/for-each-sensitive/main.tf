variable "names" {
  type      = set(string)
  sensitive = true
  default   = ["ms-a"]
}

resource "kubernetes_namespace" "this" {
  for_each = var.names
  metadata {
    name = each.key
  }
}
