名前 = "値"
description  = "クラスタ 🛰"
cluster_name = "detectviz-pr\u00f6d"
