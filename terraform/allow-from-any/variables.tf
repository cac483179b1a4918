variable "namespace" {
  description = "Namespace of the policy: who may connect to its pods is limited."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "A namespace's name has lower case letters, digits and dashes, 63 at most."
  }
}

variable "name" {
  description = "Name of the policy within its namespace."
  type        = string
  default     = "allow-from-any"
  nullable    = false
}

variable "pod_labels" {
  description = "Labels of the pods that the policy is about; none of them: all pods of the namespace."
  type        = map(string)
  default     = {}
  nullable    = false
}
