# cluster_name = "one"
// cluster_name = "two"
/*
cluster_name = "three"
*/
cluster_name = /* here */ "detectviz-production" # cluster_name = "four"
