resource "kubernetes_network_policy" "this" {
  metadata {
    name      = lower("TEXT")
    namespace = trimprefix("prefix-ms-b", "prefix-")
    annotations = {
      upper    = upper("a")
      title    = title("two words")
      format   = format("%s-%03d-%v", "a", 7, true)
      list     = join(" ", formatlist("%s=%d", ["a", "b"], [1, 2]))
      split    = jsonencode(split(",", "a,b,"))
      replace  = replace("a.b.c", ".", "-")
      pattern  = replace("ms-b-9", "/-([a-z])-/", ":$1:")
      regex    = regex("[0-9]+", "port 8080 open")
      groups   = jsonencode(regex("^(?P<name>[a-z-]+):(?P<port>[0-9]+)$", "nginx:80"))
      all      = jsonencode(regexall("[a-z]+", "a1b2"))
      trim     = trim("xxaxx", "x")
      space    = trimspace("  a\n")
      suffix   = trimsuffix("a.yaml", ".yaml")
      chomp    = chomp("a\n")
      indent   = indent(2, "a\nb")
      sub      = substr("abcdef", 2, 3)
      starts   = startswith("ms-b", "ms-")
      ends     = endswith("ms-b", "-b")
      contains = strcontains("ms-b", "s-")
      base64   = base64encode("text")
      decoded  = base64decode("dGV4dA==")
      digest   = substr(sha256("text"), 0, 8)
      json     = jsonencode({ b = [1, null], a = "<x>" })
      yaml     = yamlencode({ b = [1, { c = "d" }], a = "x" })
      url      = urlencode("a b&c")
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
