variable "secret" {
  type      = string
  sensitive = true
  default   = "hunter2"
}

resource "kubernetes_config_map" "settings" {
  metadata {
    name      = "settings"
    namespace = "ms-b"
  }
  data = {
    "settings.yaml" = yamlencode({ when = timestamp() })
  }
}

resource "kubernetes_secret" "password" {
  metadata {
    name      = "password"
    namespace = "ms-b"
  }
  data = { password = var.secret }
}

resource "terraform_data" "marker" {
  input = uuid()
}

resource "kubernetes_service_account" "web" {
  metadata {
    name      = "web"
    namespace = "ms-b"
  }
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "beside-others"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}

output "marker" {
  value = terraform_data.marker.output
}
