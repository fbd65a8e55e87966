cluster_name = "detectviz-prod"
env          = "dev"
