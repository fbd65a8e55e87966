region = "ap-northeast-1"

cluster_name = "detectviz-production"
