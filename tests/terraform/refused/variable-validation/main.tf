variable "environment" {
  type = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "Environment is staging or production, not '${var.environment}'."
  }
}
