locals {
  base  = 8000
  ports = [for i in range(3) : local.base + i * 10 + i % 2]
  big   = length(local.ports) >= 3 && local.base > 100 || false
  half  = 7 / 2
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "arithmetic-${length(local.ports)}"
    namespace = local.big ? "big" : "small"
    labels = {
      half     = local.half
      negative = "n${-local.base + 1}"
      equal    = 1 == 1.0
      differ   = "1" == 1
      not      = !local.big
      third    = format("%.3f", 1 / 3)
    }
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "ports" {
        for_each = local.ports
        content {
          port = ports.value
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
