cluster_name = lower("DETECTVIZ-PROD")
