# A data source that no policy depends on is let be.
data "kubernetes_service" "dns" {
  metadata {
    name      = "kube-dns"
    namespace = "kube-system"
  }
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

resource "kubernetes_deployment" "web" {
  metadata {
    name      = "web"
    namespace = "ms-b"
  }
  spec {
    selector {
      match_labels = { app = "web" }
    }
    template {
      metadata {
        labels      = { app = "web" }
        annotations = { bucket = aws_s3_bucket.logs.arn }
      }
      spec {
        container {
          name  = "web"
          image = "web:${data.kubernetes_service.dns.metadata[0].resource_version}"
          env {
            name  = "DNS"
            value = data.kubernetes_service.dns.spec[0].cluster_ip
          }
        }
      }
    }
  }
}

output "dns" {
  value = data.kubernetes_service.dns.spec[0].cluster_ip
}
