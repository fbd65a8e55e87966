cluster_name = null
