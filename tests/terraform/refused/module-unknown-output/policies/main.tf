output "name" {
  value = "ms-a"
}
