resource "kubernetes_manifest" "this" {
  manifest = provider::kubernetes::manifest_decode(file("policy.yaml"))
}
