module "policies" {
  source = "git::https://example.com/policies.git?ref=v1"
}
