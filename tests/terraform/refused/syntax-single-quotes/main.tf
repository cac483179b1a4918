locals {
  name = 'ms-a'
}
