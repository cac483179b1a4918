resource "kubernetes_manifest" "policy" {
  manifest = {
    apiVersion = "networking.k8s.io/v1"
    kind       = "NetworkPolicy"
    metadata = {
      name      = "from-a-manifest"
      namespace = "ms-b"
    }
    spec = {
      podSelector = {}
      policyTypes = ["Ingress"]
      ingress     = [for name in ["ms-a"] : { from = [{ namespaceSelector = { matchLabels = { namespace = name } } }] }]
    }
  }
}

resource "kubernetes_manifest" "yaml" {
  for_each = toset(["one", "two"])
  manifest = yamldecode(templatefile("${path.module}/policy.yaml", { name = each.key }))
}
