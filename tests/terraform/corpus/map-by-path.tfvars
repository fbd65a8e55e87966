cluster_name = "detectviz-prod"
alloy        = { memory = "1Gi" }
