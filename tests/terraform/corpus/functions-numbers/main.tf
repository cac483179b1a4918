resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "numbers"
    namespace = "ms-b"
    labels = {
      min      = min(3, 1, 2)
      max      = max(3, "10")
      abs      = abs(-2)
      ceil     = ceil(1.1)
      floor    = abs(floor(-1.1))
      parse    = parseint("ff", 16)
      pow      = pow(2, 10)
      signum   = signum(5)
      number   = tonumber("1.50")
      text     = tostring(2.0)
      bool     = tobool("true")
      fraction = 0.1 + 0.2
      large    = 123456789012345678
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
