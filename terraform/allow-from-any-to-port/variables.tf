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
  default     = "allow-from-any-to-port"
  nullable    = false
}

variable "pod_labels" {
  description = "Labels of the pods that the policy is about; none of them: all pods of the namespace."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "port" {
  description = "Pod ports that may be connected to: numbers, or names of container ports."
  type        = list(string)
  default     = ["80"]
  nullable    = false

  # Without a single element the rule would have no ports, and a rule without ports is about all of them.
  validation {
    condition     = length(var.port) > 0
    error_message = "Name at least one port: an empty list would open all of them."
  }

  validation {
    condition = alltrue([
      for port in var.port : can(tonumber(port)) ? try(tonumber(port) >= 1 && tonumber(port) <= 65535, false) : can(regex("^[a-z0-9-]{1,15}$", port))
    ])
    error_message = "A port is a number from 1 to 65535, or the name of a container port."
  }
}

variable "protocol" {
  description = "Protocol of the ports: TCP, UDP or SCTP."
  type        = string
  default     = "TCP"
  nullable    = false

  validation {
    condition     = contains(["TCP", "UDP", "SCTP"], var.protocol)
    error_message = "The protocol is TCP, UDP or SCTP."
  }
}
