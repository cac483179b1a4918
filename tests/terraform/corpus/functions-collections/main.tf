locals {
  list   = concat(["b", "a"], ["c", "a"])
  labels = merge({ a = "1", b = "2" }, { b = "3" }, null)
  pairs  = setproduct(["ms-a", "ms-c"], [80, 443])
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "collections"
    namespace = element(["ms-a", "ms-b"], 3)
    labels    = local.labels
    annotations = {
      sorted   = join(",", sort(local.list))
      distinct = join(",", distinct(local.list))
      reverse  = join(",", reverse(local.list))
      slice    = join(",", slice(local.list, 1, 3))
      keys     = join(",", keys(local.labels))
      values   = join(",", values(local.labels))
      contains = contains(local.list, "c")
      index    = index(local.list, "c")
      lookup   = lookup(local.labels, "z", "none")
      zip      = jsonencode(zipmap(["x", "y"], [1, "2"]))
      compact  = join(",", compact(["", "a", null, "b"]))
      chunks   = jsonencode(chunklist(local.list, 3))
      union    = join(",", setunion(["b"], ["a"]))
      minus    = join(",", setsubtract(local.list, ["a"]))
      both     = join(",", setintersection(local.list, ["a", "b"]))
      one      = one(["only"])
      sum      = sum([1, 2.5])
      flat     = jsonencode(flatten([["a"], [], [["b"]]]))
      match    = join(",", matchkeys(["x", "y"], ["1", "2"], ["2"]))
      turned   = jsonencode(transpose({ a = ["1", "2"] }))
      coalesce = coalesce("", null, "c")
      first    = jsonencode(coalescelist([], ["l"]))
      all      = alltrue([true, "true"])
      any      = anytrue([])
    }
  }
  spec {
    pod_selector {}
    ingress {
      dynamic "from" {
        for_each = local.pairs
        content {
          namespace_selector {
            match_labels = { namespace = from.value[0], port = from.value[1] }
          }
        }
      }
    }
    policy_types = ["Ingress"]
  }
}
