provider "kubernetes" {
  config_context_cluster = "kind-kind"
}

resource "kubernetes_namespace" "ms_a" {
  metadata {
    name = "ms-a"
    labels = {
      namespace = "ms-a"
    }
  }
}

resource "kubernetes_namespace" "ms_b" {
  metadata {
    name = "ms-b"
    labels = {
      namespace = "ms-b"
    }
  }
}

resource "kubernetes_namespace" "ms_c" {
  metadata {
    name = "ms-c"
    labels = {
      namespace = "ms-c"
    }
  }
}

resource "kubernetes_network_policy" "allow_from_other_namespaces" {
  metadata {
    name      = "allow-from-other-namespaces"
    namespace = "ms-b"
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    ingress {
      from {
        namespace_selector {
          match_labels = {
            "namespace" = "ms-a"
          }
        }
      }
    }
  }
}
