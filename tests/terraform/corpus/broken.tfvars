cluster_name = "detectviz-prod
loki_tenant  = "production"
