resource "kubernetes_namespace" "one" {
  metadata {
    name = "ms-a"
  }
}

resource "kubernetes_namespace" "two" {
  for_each = toset(["ms-a"])
  metadata {
    name = each.key
  }
}
