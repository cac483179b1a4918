namespace = "from-terraform-tfvars"
app       = "from-terraform-tfvars"
tier      = "from-terraform-tfvars"
zone      = "from-terraform-tfvars"
ports     = [80, "http"]
