variable "cluster_name" {
  default = "detectviz-default"
}
variable "loki_tenant" {
  default = "production"
}
