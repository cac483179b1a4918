resource "kind_cluster" "this" {
  name            = var.name
  node_image      = var.node_image
  kubeconfig_path = var.kubeconfig_path

  # No node is ready before a network plugin is installed, so there is nothing to wait for here.
  wait_for_ready = false

  kind_config {
    kind        = "Cluster"
    api_version = "kind.x-k8s.io/v1alpha4"

    networking {
      disable_default_cni = true
      pod_subnet          = var.pod_subnet
    }

    node {
      role = "control-plane"
    }

    dynamic "node" {
      for_each = range(var.workers)

      content {
        role = "worker"
      }
    }
  }
}
