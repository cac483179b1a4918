variable "namespace" {
  default = "ms-a"
}
