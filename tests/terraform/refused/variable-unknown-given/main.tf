variable "allowed_namespaces" {
  type    = list(string)
  default = []
}
