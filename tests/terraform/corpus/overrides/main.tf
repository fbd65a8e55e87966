variable "cluster_name" {
  default   = "detectviz-default"
  sensitive = true
}
variable "loki_tenant" {
  default = "staging"
}
