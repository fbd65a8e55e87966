variable "cluster_name" {
  sensitive = true
}
