resource "kubernetes_service" "plain" {
  metadata {
    name      = "nginx"
    namespace = "ms-b"
  }
  spec {
    selector = { app = "nginx" }
    port {
      port = 80
    }
  }
}

resource "kubernetes_service" "mapped" {
  metadata {
    name      = "nginx-90"
    namespace = "ms-b"
  }
  spec {
    type     = "NodePort"
    selector = { app = "nginx" }
    port {
      name        = "web"
      port        = 90
      target_port = 80
      node_port   = 30090
    }
    port {
      name        = "dns"
      port        = 53
      protocol    = "UDP"
      target_port = "dns"
    }
  }
}

resource "kubernetes_service" "headless" {
  metadata {
    name      = "db"
    namespace = "data"
  }
  spec {
    cluster_ip = "None"
    selector   = { app = "db" }
    port {
      port        = 5432
      target_port = "sql"
    }
  }
}

resource "kubernetes_service" "outside" {
  metadata {
    name      = "mail"
    namespace = "ms-b"
  }
  spec {
    type          = "ExternalName"
    external_name = "smtp.example.com"
  }
}
