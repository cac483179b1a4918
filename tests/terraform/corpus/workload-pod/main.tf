resource "kubernetes_pod" "client" {
  metadata {
    name      = "client"
    namespace = "ms-a"
    labels    = { special = "true" }
  }
  spec {
    host_network   = true
    node_name      = "kind-worker"
    restart_policy = "Never"
    init_container {
      name  = "wait"
      image = "busybox"
    }
    container {
      name  = "main"
      image = "busybox"
      args  = ["sleep", "3600"]
    }
  }
}
