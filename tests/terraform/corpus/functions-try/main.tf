variable "settings" {
  type    = any
  default = { a = { port = 80 }, b = {} }
}

resource "kubernetes_network_policy" "this" {
  for_each = var.settings
  metadata {
    name      = each.key
    namespace = try(each.value.namespace, "ms-b")
    labels = {
      has_port = can(each.value.port)
      port     = try(each.value.port, each.value["http"], 8080)
      number   = can(tonumber("x"))
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
