cluster_name   = "detectviz-prod"
monitor_labels = { release = "kube-prometheus-stack" }
