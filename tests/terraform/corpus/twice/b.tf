variable "region" {}
variable "cluster_name" { default = "detectviz-prod" }
