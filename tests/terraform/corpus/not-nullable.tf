variable "cluster_name" {
  default  = "detectviz-prod"
  nullable = false
}
