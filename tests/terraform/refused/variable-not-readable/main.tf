variable "labels" {
  type    = map(string)
  default = {}
}

resource "kubernetes_namespace" "this" {
  metadata {
    name   = "ms-a"
    labels = var.labels
  }
}
