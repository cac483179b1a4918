resource "kubernetes_namespace" "this" {
  metadata {
    name = "shop-${terraform.workspace}"
  }
}
