cluster_name = "detectviz-production"
loki_tenant  = var.tenant
