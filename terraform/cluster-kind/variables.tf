variable "name" {
  description = "Name of the cluster; its context is this name behind \"kind-\"."
  type        = string
  default     = "netpolspec"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", var.name))
    error_message = "A cluster's name has lower case letters, digits and dashes."
  }
}

variable "node_image" {
  description = "Image of the nodes; null: the one that this version of the provider comes with."
  type        = string
  default     = null
}

variable "pod_subnet" {
  description = "Addresses of the pods; the network plugin that is installed next must be told the same."
  type        = string
  default     = "192.168.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.pod_subnet))
    error_message = "The pods' addresses are an IPv4 range, as 192.168.0.0/16 is."
  }
}

variable "workers" {
  description = "Number of nodes besides the control plane."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.workers >= 0 && floor(var.workers) == var.workers
    error_message = "The number of workers is a whole number of at least 0."
  }
}

variable "kubeconfig_path" {
  description = "Where the cluster's credentials are written; null: the kubeconfig of the user."
  type        = string
  default     = null
}
