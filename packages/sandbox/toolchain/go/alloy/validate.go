package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/grafana/alloy/internal/component"
	"github.com/grafana/alloy/internal/featuregate"
	"github.com/grafana/alloy/internal/service"
	"github.com/grafana/alloy/internal/service/cluster"
	httpservice "github.com/grafana/alloy/internal/service/http"
	"github.com/grafana/alloy/internal/service/labelstore"
	"github.com/grafana/alloy/internal/service/livedebugging"
	"github.com/grafana/alloy/internal/service/otel"
	"github.com/grafana/alloy/internal/service/remotecfg"
	"github.com/grafana/alloy/internal/service/ui"
	"github.com/grafana/alloy/internal/validator"
)

func validateCommand() *cobra.Command {
	stability := featuregate.StabilityGenerallyAvailable
	community := false
	cmd := &cobra.Command{
		Use:          "validate [flags] file",
		Short:        "Validate a configuration file",
		Args:         cobra.ExactArgs(1),
		SilenceUsage: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return validate(args[0], stability, community)
		},
	}
	cmd.Flags().Var(&stability, "stability.level", stabilityUsage())
	cmd.Flags().BoolVar(&community, "feature.community-components.enabled", community, "Enable community components.")
	return cmd
}

func stabilityUsage() string {
	return fmt.Sprintf("Minimum stability level of features to enable. Supported values: %s", strings.Join(featuregate.AllowedValues(), ", "))
}

func validate(path string, stability featuregate.Stability, community bool) error {
	sources, err := readSources(path)
	if err != nil {
		return err
	}
	var definitions []service.Definition
	for _, s := range []service.Service{
		&cluster.Service{},
		&httpservice.Service{},
		&labelstore.Service{},
		&livedebugging.Service{},
		&otel.Service{},
		&remotecfg.Service{},
		&ui.Service{},
	} {
		definitions = append(definitions, s.Definition())
	}
	err = validator.Validate(validator.Options{
		Sources:            sources,
		ServiceDefinitions: definitions,
		ComponentRegistry:  component.NewDefaultRegistry(stability, community),
		MinStability:       stability,
	})
	if err != nil {
		validator.Report(os.Stderr, err, sources)
		return errors.New("validation failed")
	}
	return nil
}
