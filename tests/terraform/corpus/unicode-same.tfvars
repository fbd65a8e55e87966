description  = "クラスタ"
cluster_name = "\u0064etectviz-prod"
