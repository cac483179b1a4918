provider "kubernetes" {
  alias          = "blue"
  config_context = "blue"
}

resource "kubernetes_namespace" "this" {
  provider = kubernetes.blue
  metadata {
    name = "ms-b"
  }
}

module "policy" {
  source    = "./policy"
  providers = { kubernetes = kubernetes.blue }
}
