resource "kubernetes_namespace" "ms_a" {
  metadata {
    name = "ms-a"
    labels = {
      namespace = "ms-a"
      "pod-security.kubernetes.io/enforce" = "baseline"
    }
  }
}

resource "kubernetes_namespace" "bare" {
  metadata {
    name = "bare"
  }
}
