# café
cluster_name = "detectviz-prod"
