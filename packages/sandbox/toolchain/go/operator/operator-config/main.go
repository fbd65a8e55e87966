// The Prometheus Operator's own generator as a command: it reads objects and prints what the operator would write.
//
//	operator-config PROMETHEUS POD_MONITOR…        prints the scrape configuration
//	operator-config -validate PROMETHEUS_RULE…     the verdict of the validating webhook; exits 2 if a rule is refused
package main

import (
	"fmt"
	"log/slog"
	"os"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	"github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	"sigs.k8s.io/yaml"
)

func main() {
	args := os.Args[1:]
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: operator-config PROMETHEUS POD_MONITOR…, or operator-config -validate PROMETHEUS_RULE…")
		os.Exit(1)
	}
	if args[0] == "-validate" {
		os.Exit(validate(args[1:]))
	}
	generate(args[0], args[1:])
}

// validate gives what the operator's admission webhook says about each rule.
func validate(files []string) int {
	code := 0
	for _, file := range files {
		var rule monitoringv1.PrometheusRule
		read(file, &rule)
		if len(rule.Spec.Groups) == 0 {
			fmt.Fprintf(os.Stderr, "%s: no groups, so nothing was checked\n", file)
			code = 2
		}
		for _, err := range operator.ValidateRule(rule.Spec) {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			code = 2
		}
	}
	return code
}

// generate prints the configuration that the operator would write for one Prometheus and the monitors that it selects.
func generate(prometheusFile string, monitorFiles []string) {
	var server monitoringv1.Prometheus
	read(prometheusFile, &server)
	monitors := map[string]*monitoringv1.PodMonitor{}
	for _, file := range monitorFiles {
		var monitor monitoringv1.PodMonitor
		read(file, &monitor)
		monitors[monitor.Namespace+"/"+monitor.Name] = &monitor
	}
	generator, err := prometheus.NewConfigGenerator(slog.New(slog.NewTextHandler(os.Stderr, nil)), &server)
	check(err)
	rules := []string{"prometheus-" + server.Name + "-rulefiles-0"}
	config, err := generator.GenerateServerConfiguration(
		&server, nil, monitors, nil, nil, assets.NewTestStoreBuilder(), nil, nil, nil, rules,
	)
	check(err)
	_, err = os.Stdout.Write(config)
	check(err)
}

func read(file string, into any) {
	raw, err := os.ReadFile(file)
	check(err)
	if err := yaml.UnmarshalStrict(raw, into); err != nil {
		check(fmt.Errorf("%s: %w", file, err))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
