variable "namespaces" {
  description = "Names of the namespaces, each with its labels besides the one that holds its name."
  type        = map(map(string))
  nullable    = false

  validation {
    condition = alltrue([
      for name in keys(var.namespaces) : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", name))
    ])
    error_message = "A namespace's name has lower case letters, digits and dashes, 63 at most."
  }
}

variable "namespace_label" {
  description = "Label that holds the namespace's name, by which policies choose namespaces."
  type        = string
  default     = "namespace"
  nullable    = false

  validation {
    condition     = var.namespace_label != ""
    error_message = "The label needs a name."
  }
}
