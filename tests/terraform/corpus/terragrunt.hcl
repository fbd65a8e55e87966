include "root" {
  path = find_in_parent_folders()
}
inputs = {
  cluster_name = "detectviz-prod"
}
