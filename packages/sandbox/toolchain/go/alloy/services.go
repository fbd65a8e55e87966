package main

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/grafana/alloy/internal/runtime/logging"
	"github.com/grafana/alloy/internal/runtime/tracing"
	"github.com/grafana/alloy/internal/service"
	"github.com/grafana/alloy/internal/service/cluster"
	httpservice "github.com/grafana/alloy/internal/service/http"
	"github.com/grafana/alloy/internal/service/labelstore"
	"github.com/grafana/alloy/internal/service/livedebugging"
	otelservice "github.com/grafana/alloy/internal/service/otel"
	"github.com/grafana/alloy/internal/service/remotecfg"
	"github.com/grafana/alloy/internal/service/ui"
)

// hooks breaks the circle between the HTTP service, which needs to reload, and the controller, which needs the service.
type hooks struct {
	ready  func() bool
	reload func() error
}

type services struct {
	all     []service.Service
	cluster *cluster.Service
	http    *httpservice.Service
	hooks   *hooks
}

func newServices(path string, options *runOptions, logger *logging.Logger, tracer *tracing.Tracer, registry prometheus.Registerer) (*services, error) {
	log := logger.Slog()
	hooks := &hooks{
		ready:  func() bool { return false },
		reload: func() error { return errors.New("not started yet") },
	}
	clusterService, err := newClusterOfOne(options, logger, tracer, registry)
	if err != nil {
		return nil, err
	}
	var flags []string
	if !options.disableSupportBundle {
		flags = options.texts()
	}
	httpService := httpservice.New(httpservice.Options{
		Logger:           logger,
		Tracer:           tracer,
		Gatherer:         prometheus.DefaultGatherer,
		ReadyFunc:        func() bool { return hooks.ready() },
		ReloadFunc:       func() error { return hooks.reload() },
		HTTPListenAddr:   options.listenAddress,
		MemoryListenAddr: options.memoryAddress,
		EnablePProf:      options.enablePprof,
		MinStability:     options.stability,
		BundleContext: httpservice.SupportBundleContext{
			RuntimeFlags:         flags,
			DisableSupportBundle: options.disableSupportBundle,
		},
	})
	remoteConfig, err := remotecfg.New(remotecfg.Options{
		Logger:      log.With("service", "remotecfg"),
		ConfigPath:  path,
		StoragePath: options.storagePath,
		Metrics:     registry,
	})
	if err != nil {
		return nil, fmt.Errorf("failed to create the remotecfg service: %w", err)
	}
	liveDebugging := livedebugging.New()
	return &services{
		all: []service.Service{
			clusterService,
			httpService,
			labelstore.New(log, registry, !options.directFanout),
			liveDebugging,
			otelservice.New(log.With("service", "otel")),
			remoteConfig,
			ui.New(ui.Options{
				UIPrefix:        options.uiPrefix,
				CallbackManager: liveDebugging.Data().(livedebugging.CallbackManager),
				Logger:          log.With("service", "ui"),
			}),
		},
		cluster: clusterService,
		http:    httpService,
		hooks:   hooks,
	}, nil
}

// newClusterOfOne makes the service that components ask for their share of the targets; alone, it is all of them.
func newClusterOfOne(options *runOptions, logger *logging.Logger, tracer *tracing.Tracer, registry prometheus.Registerer) (*cluster.Service, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("generating node name: %w", err)
	}
	_, port, err := net.SplitHostPort(options.listenAddress)
	if err != nil {
		port = "80"
	}
	return cluster.New(cluster.Options{
		Log:              logger.Slog().With("service", "cluster"),
		Metrics:          registry,
		Tracer:           tracer,
		NodeName:         host,
		AdvertiseAddress: net.JoinHostPort("127.0.0.1", port),
	})
}
