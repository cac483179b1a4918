resource "kubernetes_namespace" "a" {
  metadata {
    name = kubernetes_namespace.b.metadata[0].name
  }
}

resource "kubernetes_namespace" "b" {
  metadata {
    name = kubernetes_namespace.a.metadata[0].name
  }
}
