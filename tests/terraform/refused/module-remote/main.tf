module "policies" {
  source  = "terraform-example/policies/kubernetes"
  version = "~> 1.0"
}
