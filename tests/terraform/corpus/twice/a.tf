variable "cluster_name" { default = "detectviz-other" }
