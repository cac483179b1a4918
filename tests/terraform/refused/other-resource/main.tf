resource "random_pet" "name" {
}

resource "kubernetes_namespace" "this" {
  metadata {
    name   = "ms-b"
    labels = { pet = random_pet.name.id }
  }
}
