output "context" {
  description = "Context of the cluster in the kubeconfig."
  value       = "kind-${kind_cluster.this.name}"
}

output "endpoint" {
  description = "Address of the API server."
  value       = kind_cluster.this.endpoint
}

output "kubeconfig" {
  description = "Kubeconfig with the cluster's credentials."
  value       = kind_cluster.this.kubeconfig
  sensitive   = true
}
