# Numbers, booleans, lists, maps, transforms; each the same as the stack's.
cluster_name   = "detectviz-prod"
env            = "prod"
context_suffix = "prod"
alloy = {
  memory  = "512Mi"
  enabled = true
}
monitor_labels = { team = 7, "release" : "kube-prometheus-stack" }
namespaces     = ["monitoring", "logging"]
