module "policies" {
  source = "./policies"
  ports  = "80"
}
