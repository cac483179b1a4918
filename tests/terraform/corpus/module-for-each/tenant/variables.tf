variable "name" {
  type = string
}

variable "ports" {
  type = list(number)
}

variable "open" {
  type    = bool
  default = false
}
