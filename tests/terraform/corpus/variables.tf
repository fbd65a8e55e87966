variable "region" {
  type    = string
  default = "ap-northeast-1"
}

# variable "cluster_name" {
variable "cluster_name" {
  description = "default = \"not this\""
  type        = string
  default     = "detectviz-production"
}

variable "loki_tenant" {
  type = string
}

locals {
  cluster_name = "a local, not a variable"
}
