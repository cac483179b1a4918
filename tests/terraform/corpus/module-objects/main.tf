module "policy" {
  source = "./policy"
  rules = {
    web = {
      from = [{ namespace = "ms-a" }, { namespace = "ms-c", pods = { app = "web" } }]
    }
    metrics = {
      from  = [{ namespace = "monitoring" }]
      ports = ["9090"]
    }
  }
}
