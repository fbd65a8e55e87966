domain       = "${var.host}.example"
cluster_name = "detectviz-prod"
