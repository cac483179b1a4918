resurce "kubernetes_namespace" "this" {
}
