loki_tenant = "production"
