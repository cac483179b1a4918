output "names" {
  description = "Names of the namespaces; what uses them waits for them."
  value       = { for key, tenant in kubernetes_namespace.tenant : key => tenant.metadata[0].name }
}

output "labels" {
  description = "Labels of each namespace."
  value       = { for key, tenant in kubernetes_namespace.tenant : key => tenant.metadata[0].labels }
}
