# from Windows
cluster_name = "detectviz-prod"
loki_tenant = "prod"
