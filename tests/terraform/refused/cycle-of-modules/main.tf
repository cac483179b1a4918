module "again" {
  source = "../cycle-of-modules"
}
