locals {
  names = ["a", "b"]
  text  = <<EOT
first ${join("+", local.names)}
%{for name in local.names~}
name ${name}
%{endfor~}
last
EOT
  trimmed = <<-EOT
      indented
        more
      %{if length(local.names) > 1}
      many
      %{else}
      few
      %{endif}
    EOT
  escaped = "$${not} %%{this} \"quoted\" \\ \t tab \u00e9"
}

resource "kubernetes_network_policy" "this" {
  metadata {
    name      = "templates"
    namespace = "ms-${"b"}"
    annotations = {
      text     = local.text
      trimmed  = local.trimmed
      escaped  = local.escaped
      inline   = "%{for i, name in local.names}${i}=${name};%{endfor}"
      stripped = "a   ${~"b"~}   c"
      number   = "${1 + 1}"
    }
  }
  spec {
    pod_selector {}
    policy_types = ["Ingress"]
  }
}
