resource "kubernetes_deployment" "nginx" {
  metadata {
    name      = "nginx"
    namespace = "ms-b"
    labels    = { app = "nginx" }
  }
  spec {
    replicas = 2
    selector {
      match_labels = { app = "nginx" }
    }
    template {
      metadata {
        labels = { app = "nginx", tier = "web" }
      }
      spec {
        service_account_name = "web"
        container {
          name  = "nginx"
          image = "nginx:1.27"
          port {
            name           = "http"
            container_port = 80
          }
          port {
            container_port = 53
            protocol       = "UDP"
          }
          env {
            name  = "LEVEL"
            value = "debug"
          }
          working_dir = "/srv"
          liveness_probe {
            http_get {
              path = "/"
              port = 80
            }
          }
        }
        container {
          name  = "sidecar"
          image = "busybox:1.36"
        }
      }
    }
  }
}
