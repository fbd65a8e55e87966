package main

import (
	"errors"
	"time"

	"github.com/spf13/pflag"

	"github.com/grafana/alloy/internal/featuregate"
)

// runOptions are the flags of `run`, with Alloy's own names and defaults. Those of clustering and of other
// configuration formats are left out: cobra refuses them as unknown, which is better than to ignore them.
type runOptions struct {
	listenAddress        string
	memoryAddress        string
	uiPrefix             string
	enablePprof          bool
	disableSupportBundle bool
	disableReporting     bool
	storagePath          string
	stability            featuregate.Stability
	communityComponents  bool
	shutdownDeadline     time.Duration
	directFanout         bool
	// flags is what the support bundle quotes.
	flags *pflag.FlagSet
}

func defaultRunOptions() *runOptions {
	return &runOptions{
		listenAddress:    "127.0.0.1:12345",
		memoryAddress:    "alloy.internal:12345",
		uiPrefix:         "/",
		enablePprof:      true,
		storagePath:      "data-alloy/",
		stability:        featuregate.StabilityGenerallyAvailable,
		shutdownDeadline: 10 * time.Minute,
	}
}

func (o *runOptions) mount(flags *pflag.FlagSet) {
	o.flags = flags
	flags.StringVar(&o.listenAddress, "server.http.listen-addr", o.listenAddress, "Address to listen for HTTP traffic on")
	flags.StringVar(&o.memoryAddress, "server.http.memory-addr", o.memoryAddress, "Address to listen for in-memory HTTP traffic on. Change if it collides with a real address")
	flags.StringVar(&o.uiPrefix, "server.http.ui-path-prefix", o.uiPrefix, "Prefix to serve the HTTP UI at")
	flags.BoolVar(&o.enablePprof, "server.http.enable-pprof", o.enablePprof, "Enable /debug/pprof profiling endpoints.")
	flags.BoolVar(&o.disableSupportBundle, "server.http.disable-support-bundle", o.disableSupportBundle, "Disable /-/support support bundle retrieval.")
	flags.BoolVar(&o.disableReporting, "disable-reporting", o.disableReporting, "Disable reporting of enabled components to Grafana.")
	flags.StringVar(&o.storagePath, "storage.path", o.storagePath, "Base directory where components can store data")
	flags.Var(&o.stability, "stability.level", stabilityUsage())
	flags.BoolVar(&o.communityComponents, "feature.community-components.enabled", o.communityComponents, "Enable community components.")
	flags.DurationVar(&o.shutdownDeadline, "feature.component-shutdown-deadline", o.shutdownDeadline, "Maximum duration to wait for a component to shut down before giving up and logging an error")
	flags.BoolVar(&o.directFanout, "feature.prometheus.direct-fanout.enabled", o.directFanout, "Enable experimental direct fanout for metric forwarding without a global label store")
}

func (o *runOptions) check() error {
	if o.directFanout && !o.stability.Permits(featuregate.StabilityExperimental) {
		return errors.New("'--feature.prometheus.direct-fanout.enabled' can only be used at experimental stability level. Use --stability.level=experimental to enable.")
	}
	return nil
}

// texts lists every flag as name=value.
func (o *runOptions) texts() []string {
	var texts []string
	o.flags.VisitAll(func(flag *pflag.Flag) {
		texts = append(texts, flag.Name+"="+flag.Value.String())
	})
	return texts
}
