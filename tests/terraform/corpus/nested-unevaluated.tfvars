cluster_name   = "detectviz-prod"
monitor_labels = { release = "${var.release}" }
