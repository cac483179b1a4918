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
  default     = "allow-from-other-namespaces"
  nullable    = false
}

variable "pod_labels" {
  description = "Labels of the pods that the policy is about; none of them: all pods of the namespace."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "allowed_namespaces" {
  description = "Values of the label by which the namespaces are chosen that may connect."
  type        = list(string)
  nullable    = false

  # Without a single element the rule would have no peers, and a rule without peers is about everybody.
  validation {
    condition     = length(var.allowed_namespaces) > 0 && alltrue([for name in var.allowed_namespaces : name != null && name != ""])
    error_message = "Name at least one namespace: an empty list would let everybody in."
  }
}

variable "namespace_label" {
  description = "Label by which namespaces are told apart; its value is what the list holds."
  type        = string
  default     = "namespace"
  nullable    = false

  validation {
    condition     = var.namespace_label != ""
    error_message = "The label needs a name; kubernetes.io/metadata.name is on every namespace."
  }
}
