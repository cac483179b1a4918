output "namespaces" {
  description = "Labels of the namespaces."
  value       = module.tenants.labels
}

output "policies" {
  description = "Policies that are in force."
  value       = sort(tolist(var.policies))
}
