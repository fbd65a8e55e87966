cluster_name = "${var.prefix}-prod"
