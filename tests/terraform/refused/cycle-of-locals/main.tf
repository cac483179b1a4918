locals {
  a = local.b
  b = "${local.c}-x"
  c = [for x in [1] : local.a]
}
