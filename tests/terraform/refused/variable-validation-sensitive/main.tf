variable "token" {
  type      = string
  sensitive = true

  validation {
    condition     = length(var.token) > 20
    error_message = "The token '${var.token}' is too short."
  }
}
