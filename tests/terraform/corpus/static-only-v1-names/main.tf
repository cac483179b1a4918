resource "kubernetes_namespace_v1" "this" {
  metadata {
    name = "ms-b"
  }
}

resource "kubernetes_network_policy_v1" "this" {
  metadata {
    name      = "v1"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
  }
  spec {
    pod_selector {}
    ingress {
      ports {
        port     = "8000"
        end_port = 8100
      }
    }
    policy_types = ["Ingress"]
  }
}

resource "kubernetes_service_v1" "this" {
  metadata {
    name      = "web"
    namespace = "ms-b"
  }
  spec {
    session_affinity = "None"
    ip_family_policy = "SingleStack"
    port {
      port         = 80
      app_protocol = "http"
    }
    selector = { app = "web" }
  }
}
