module "policies" {
  source = "./policies"
}
