# line ends of Windows
locals {
  text = <<EOT
one
two
EOT
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name        = "windows"
    namespace   = "ms-b"
    annotations = { text = local.text, /* inside
    two lines */ flat = trimspace(local.text) }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
