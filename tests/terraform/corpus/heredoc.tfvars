motd = <<-EOT
    cluster_name = "in a heredoc"
    ${literal_words} are here
    EOT
cluster_name = <<EOT
detectviz-prod
EOT
