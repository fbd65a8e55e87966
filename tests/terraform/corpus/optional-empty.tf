variable "cluster_name" { default = "detectviz-prod" }
variable "loki_tenant" {
  type    = string
  default = ""
}
