resource "kubernetes_deployment" "one" {
  metadata {
    name = "one"
  }
  spec {
    selector {
      match_labels = { app = "one" }
    }
    template {
      metadata {
        labels = { app = "one" }
      }
      spec {
        container {
          name  = "main"
          image = "busybox"
        }
      }
    }
  }
}

resource "kubernetes_deployment" "none" {
  metadata {
    name = "none"
  }
  spec {
    replicas = 0
    selector {
      match_labels = { app = "none" }
    }
    template {
      metadata {
        labels = { app = "none" }
      }
      spec {
        container {
          name  = "main"
          image = "busybox"
        }
      }
    }
  }
}
