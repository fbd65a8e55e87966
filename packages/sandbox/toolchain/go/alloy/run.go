package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/fatih/color"
	"github.com/grafana/ckit/peer"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel"

	"github.com/grafana/alloy/internal/alloyseed"
	alloyruntime "github.com/grafana/alloy/internal/runtime"
	"github.com/grafana/alloy/internal/runtime/logging"
	"github.com/grafana/alloy/internal/runtime/tracing"
	httpservice "github.com/grafana/alloy/internal/service/http"
	"github.com/grafana/alloy/internal/util"
	"github.com/grafana/alloy/syntax/diag"
)

func runCommand() *cobra.Command {
	options := defaultRunOptions()
	cmd := &cobra.Command{
		Use:   "run [flags] path",
		Short: "Run Grafana Alloy",
		Long: `The run subcommand runs Grafana Alloy in the foreground until an interrupt is received.

run must be given the path of a configuration file or of a directory of *.alloy files. If it can't be loaded, run exits
immediately. SIGHUP, or a GET or POST request to /-/reload, loads it again; if that fails, Alloy goes on with the
configuration that it has.`,
		Args:         cobra.ExactArgs(1),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), args[0], options)
		},
	}
	options.mount(cmd.Flags())
	return cmd
}

func run(ctx context.Context, path string, options *runOptions) error {
	var background sync.WaitGroup
	defer background.Wait()
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := options.check(); err != nil {
		return err
	}

	// Held back until the configuration's logging block says how to write.
	logger, err := logging.NewDeferred(os.Stderr)
	if err != nil {
		return fmt.Errorf("building logger: %w", err)
	}
	log := logger.Slog()
	log.Info("Alloy is starting")
	tracer, err := tracing.New(tracing.DefaultOptions)
	if err != nil {
		return fmt.Errorf("building tracer: %w", err)
	}
	otel.SetTracerProvider(tracer)
	// The container's limit becomes Go's; GOMEMLIMIT goes first.
	if _, err := memlimit.SetGoMemLimitWithOpts(memlimit.WithLogger(slog.New(logger.Handler()))); err != nil {
		log.Error("failed to apply memory limit", "err", err)
	}
	go func() {
		if err := tracer.Run(ctx); err != nil {
			log.Error("running tracer returned an error", "err", err)
		}
	}()

	registry := prometheus.DefaultRegisterer
	_ = util.MustRegisterOrGet(registry, newResourcesCollector(log))
	made, err := newServices(path, options, logger, tracer, registry)
	if err != nil {
		return err
	}
	// After the services, of which one makes the storage directory.
	alloyseed.Init(options.storagePath, log)
	controller, err := alloyruntime.New(alloyruntime.Options{
		Logger:               logger,
		Tracer:               tracer,
		DataPath:             options.storagePath,
		Reg:                  registry,
		MinStability:         options.stability,
		EnableCommunityComps: options.communityComponents,
		Services:             made.all,
		TaskShutdownDeadline: options.shutdownDeadline,
	})
	if err != nil {
		return err
	}
	reload := func() error {
		_, err := loadConfig(path, controller, made.http)
		return err
	}
	made.hooks.ready = controller.Ready
	made.hooks.reload = reload
	background.Go(func() { controller.Run(ctx) })

	// Only after the HTTP server is up, so that /metrics and pprof answer while components load.
	if err := firstLoad(path, controller, made.http); err != nil {
		return err
	}
	if err := made.cluster.ChangeState(ctx, peer.StateParticipant); err != nil {
		return errors.New("failed to set clusterer state to Participant after initial load")
	}
	if !options.disableReporting {
		log.Info("this build never reports usage", "flag", "--disable-reporting")
	}
	log.Info("{^_^} Alloy is running")
	reloadOnSignal(ctx, log, reload)
	return nil
}

// firstLoad prints what is wrong with the configuration with file, line and column, then ends the program.
func firstLoad(path string, controller *alloyruntime.Runtime, server *httpservice.Service) error {
	sources, err := loadConfig(path, controller, server)
	diagnostics, ok := errors.AsType[diag.Diagnostics](err)
	if !ok {
		return err
	}
	printer := diag.NewPrinter(diag.PrinterConfig{Color: !color.NoColor, ContextLinesBefore: 1, ContextLinesAfter: 1})
	if err := printer.Fprint(os.Stderr, sources, diagnostics); err != nil {
		return err
	}
	fmt.Println()
	return errors.New("could not perform the initial load successfully")
}

func reloadOnSignal(ctx context.Context, log *slog.Logger, reload func() error) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			if err := reload(); err != nil {
				log.Error("failed to reload config", "err", err)
			} else {
				log.Info("config reloaded")
			}
		}
	}
}
