variable "name" {
  type        = string
  description = "The tenant."
}

variable "team" {
  type = string
}

variable "clients" {
  type    = list(string)
  default = []
}

variable "quota" {
  type = number
}

variable "isolated" {
  type    = bool
  default = true
}
