locals {
  name = "ms-a
}
