motd = <<EOT
cluster_name = "in a heredoc"
EOT
cluster_name = "detectviz-production"
