locals {
  files = fileset("${path.module}/policies", "*.yaml")
  deep  = fileset(path.module, "policies/**/*.yaml")
  all   = fileset(path.module, "**/[a-z].yaml")
  rows  = csvdecode(file("${path.module}/matrix.csv"))
}

resource "kubernetes_network_policy" "file" {
  for_each = local.files
  metadata {
    name      = trimsuffix(each.key, ".yaml")
    namespace = yamldecode(file("${path.module}/policies/${each.key}")).namespace
    annotations = {
      deep   = join(",", local.deep)
      all    = join(",", local.all)
      digest = filesha256("${path.module}/policies/${each.key}")
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}

resource "kubernetes_network_policy" "row" {
  for_each = { for row in local.rows : "${row.from}-${row.to}" => row if row.allowed == "yes" }
  metadata {
    name      = each.key
    namespace = each.value.to
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    ingress {
      from {
        namespace_selector {
          match_labels = { namespace = each.value.from }
        }
      }
    }
  }
}
