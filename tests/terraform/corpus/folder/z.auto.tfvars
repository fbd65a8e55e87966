cluster_name = "detectviz-prod"
