package main

// Each import registers its components; a pipeline that names any other is refused as by an Alloy that lacks it.
import (
	_ "github.com/grafana/alloy/internal/component/discovery/kubernetes"
	_ "github.com/grafana/alloy/internal/component/discovery/relabel"
	_ "github.com/grafana/alloy/internal/component/local/file"
	_ "github.com/grafana/alloy/internal/component/local/file_match"
	_ "github.com/grafana/alloy/internal/component/loki/echo"
	_ "github.com/grafana/alloy/internal/component/loki/process"
	_ "github.com/grafana/alloy/internal/component/loki/relabel"
	_ "github.com/grafana/alloy/internal/component/loki/source/file"
	_ "github.com/grafana/alloy/internal/component/loki/source/kubernetes"
	_ "github.com/grafana/alloy/internal/component/loki/source/kubernetes_events"
	_ "github.com/grafana/alloy/internal/component/loki/write"
	_ "github.com/grafana/alloy/internal/component/prometheus/exporter/self"
	_ "github.com/grafana/alloy/internal/component/prometheus/exporter/unix"
	_ "github.com/grafana/alloy/internal/component/prometheus/relabel"
	_ "github.com/grafana/alloy/internal/component/prometheus/remotewrite"
	_ "github.com/grafana/alloy/internal/component/prometheus/scrape"
	_ "github.com/grafana/alloy/internal/component/remote/vault"
)
