cluster_name = "detectviz-production"
