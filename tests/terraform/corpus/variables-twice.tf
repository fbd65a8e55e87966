variable "cluster_name" {
  default = "detectviz-prod"
}
variable "cluster_name" {
  default = "detectviz-prod"
}
