provider "kubernetes" {
  alias = "blue"
}

resource "kubernetes_namespace" "one" {
  metadata {
    name = "ms-a"
  }
}

resource "kubernetes_namespace" "two" {
  provider = kubernetes.blue
  metadata {
    name = "ms-b"
  }
}
