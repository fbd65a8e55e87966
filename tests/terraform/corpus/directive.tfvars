cluster_name = "%{ if true }detectviz-prod%{ endif }"
