resource "kubernetes_job" "load" {
  metadata {
    name = "load"
  }
  spec {
    template {
      metadata {}
      spec {
        container {
          name = "load"
        }
      }
    }
  }
}

resource "helm_release" "ingress" {
  name  = "ingress"
  chart = "ingress-nginx"
}

resource "kubernetes_labels" "none" {
  count = 0
}
