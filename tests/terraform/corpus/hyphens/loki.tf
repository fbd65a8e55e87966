variable "region" {
  default = "x"
}
variable "cluster-name" {
  default = "detectviz-prod"
}
