output "name" {
  description = "Name of the policy."
  value       = kubernetes_network_policy.allow_to_namespace.metadata[0].name
}

output "namespace" {
  description = "Namespace of the policy."
  value       = kubernetes_network_policy.allow_to_namespace.metadata[0].namespace
}
