variable "cluster_name" {
  default   = "not-for-anybodys-eyes"
  ephemeral = true
}
