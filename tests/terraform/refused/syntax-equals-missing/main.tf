locals {
  name "ms-a"
}
