# comment at the top
// another
/* and
   a third */ locals { one = 1 } /* behind */

locals {
  list = [
    "a", # with a comment
    "b" /* inside */ ,
    // alone
  ]
  object = { a = 1, b : 2
    c = 3
    "d e" = 4, (join("", ["f", "g"])) = 5 }
  call = merge(
    { x = 1 },
    { y = 2, },
  )
  long = (
    local.one +
    2
    - 3
  )
  choice = local.one == 1 ? (
    "yes"
  ) : "no"
  nothing = {}
  in  = "keyword"
  for = "another"
  ünïcode = "ü"
  deep = [[["x"]]][0][0][0]
  spread = max([1, 5, 3]...)
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "odd"
    namespace = "ms-b"
    labels    = { for k, v in merge(local.object, local.call) : replace(k, " ", "-") => v }
    annotations = {
      long   = local.long
      choice = local.choice
      words  = "${local.in}/${local.for}/${local.ünïcode}/${local.deep}/${local.spread}"
      list   = jsonencode(local.list)
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
    ingress {
      from {
        pod_selector { match_labels = { one = "line" } }
      }
    }
  }
}
