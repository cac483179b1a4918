module "policies" {
  source    = "./policies"
  namespcae = "ms-b"
}
