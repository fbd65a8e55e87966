cluster_name = "detectviz-prod"
loki_tenant  = "production"
cluster_name = "detectviz-prod"
