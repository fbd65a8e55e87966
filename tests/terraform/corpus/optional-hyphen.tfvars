cluster_name = "detectviz-prod"
loki-tenant  = "production"
