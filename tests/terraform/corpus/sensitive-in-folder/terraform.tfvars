cluster_name = "not-for-anybodys-eyes"
