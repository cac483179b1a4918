resource "kubernetes_stateful_set" "db" {
  metadata {
    name      = "db"
    namespace = "data"
  }
  spec {
    replicas     = 3
    service_name = "db"
    selector {
      match_labels = { app = "db" }
    }
    template {
      metadata {
        labels = { app = "db" }
      }
      spec {
        container {
          name  = "postgres"
          image = "postgres:17"
          port {
            name           = "sql"
            container_port = 5432
          }
        }
      }
    }
    volume_claim_template {
      metadata {
        name = "data"
      }
      spec {
        access_modes = ["ReadWriteOnce"]
        resources {
          requests = { storage = "1Gi" }
        }
      }
    }
  }
}

resource "kubernetes_daemonset" "agent" {
  metadata {
    name      = "agent"
    namespace = "kube-system"
  }
  spec {
    selector {
      match_labels = { app = "agent" }
    }
    template {
      metadata {
        labels = { app = "agent" }
      }
      spec {
        host_network = true
        container {
          name  = "agent"
          image = "agent:1"
        }
      }
    }
  }
}
