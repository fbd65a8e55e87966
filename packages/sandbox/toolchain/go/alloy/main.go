// Command alloy is Grafana Alloy with only the components that the pipeline of this repository uses.
//
// The full Alloy needs modules that no module proxy serves. This main takes the place of Alloy's own
// (github.com/grafana/alloy/internal/alloycli, which Go does not let anybody import because it pulls in every
// component) and runs the unchanged runtime, services and components of the released module. Command line, exit codes,
// messages and metrics follow alloycli of the same version; what is missing (clustering, conversion from other
// formats, usage reports) is refused or named where it would be used.
//
// Parts follow alloycli closely: Copyright Grafana Labs, Apache License 2.0, as this repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/grafana/alloy/internal/build"
)

func main() {
	prometheus.MustRegister(build.NewCollector("alloy"))
	if err := rootCommand().Execute(); err != nil {
		os.Exit(1)
	}
}

func rootCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     fmt.Sprintf("%s [global options] <subcommand>", filepath.Base(os.Args[0])),
		Short:   "Grafana Alloy, with the components of one pipeline",
		Version: build.Print("alloy"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Usage()
		},
	}
	cmd.SetVersionTemplate("{{ .Version }}\n")
	cmd.AddCommand(fmtCommand(), runCommand(), validateCommand())
	return cmd
}
