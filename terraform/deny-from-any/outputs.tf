output "name" {
  description = "Name of the policy."
  value       = kubernetes_network_policy.deny_from_any.metadata[0].name
}

output "namespace" {
  description = "Namespace of the policy."
  value       = kubernetes_network_policy.deny_from_any.metadata[0].namespace
}
