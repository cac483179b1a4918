resource "random_integer" "many" {
  min = 1
  max = 3
}

resource "kubernetes_network_policy" "this" {
  count = random_integer.many.result
  metadata {
    name      = "x-${count.index}"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
