variable "config_path" {
  description = "Kubeconfig that holds the context."
  type        = string
  default     = "~/.kube/config"
  nullable    = false
}

variable "config_context" {
  description = "Context of the cluster; kind calls it after the cluster."
  type        = string
  default     = "kind-kind"
  nullable    = false
}

variable "policies" {
  description = "Use cases whose policy is in force in ms-b."
  type        = set(string)
  default     = ["deny-from-any"]
  nullable    = false

  validation {
    condition = length(setsubtract(var.policies, [
      "deny-from-any",
      "allow-from-any",
      "deny-from-other-namespaces",
      "allow-from-other-namespaces",
      "allow-from-special",
      "allow-from-any-to-port",
      "allow-from",
      "deny-to-any",
      "allow-dns",
      "allow-to-namespace",
    ])) == 0
    error_message = "Each is the name of one of the modules beside this one."
  }
}

variable "allowed_namespaces" {
  description = "Namespaces that allow-from-other-namespaces and allow-from let in."
  type        = list(string)
  default     = ["ms-a"]
  nullable    = false
}

variable "destinations" {
  description = "Namespaces that allow-to-namespace lets ms-b connect to."
  type        = list(string)
  default     = ["ms-a"]
  nullable    = false
}

variable "port" {
  description = "Ports that allow-from-any-to-port opens."
  type        = list(string)
  default     = ["80"]
  nullable    = false
}
