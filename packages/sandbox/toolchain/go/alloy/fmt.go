package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/grafana/alloy/syntax/diag"
	"github.com/grafana/alloy/syntax/parser"
	"github.com/grafana/alloy/syntax/printer"
)

func fmtCommand() *cobra.Command {
	var write, test bool
	cmd := &cobra.Command{
		Use:   "fmt [flags] file",
		Short: "Format a configuration file",
		Long: `The fmt subcommand applies standard formatting rules to the specified configuration file.

If the file argument is not supplied or if it is "-", then fmt will read from stdin.`,
		Args:         cobra.RangeArgs(0, 1),
		SilenceUsage: true,
		Aliases:      []string{"format"},
		RunE: func(_ *cobra.Command, args []string) error {
			name := "-"
			if len(args) > 0 {
				name = args[0]
			}
			err := formatFile(name, write, test)
			var diags diag.Diagnostics
			if errors.As(err, &diags) {
				for _, d := range diags {
					fmt.Fprintln(os.Stderr, d)
				}
				return errors.New("encountered errors during formatting")
			}
			return err
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write result to (source) file instead of stdout")
	cmd.Flags().BoolVarP(&test, "test", "t", false, "exit with non-zero when changes would be made. Cannot be used with -w/--write")
	return cmd
}

func formatFile(name string, write, test bool) error {
	if write && test {
		return errors.New("cannot use -w/--write and -t/--test at the same time")
	}
	if name == "-" {
		if write {
			return errors.New("cannot use -w with standard input")
		}
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		return formatText("<stdin>", text, 0, false, test)
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return errors.New("cannot format a directory")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return formatText(name, text, info.Mode().Perm(), write, test)
}

// formatText prints, writes or compares the formatted text. It always ends in a newline, as Alloy's own does.
func formatText(name string, text []byte, mode os.FileMode, write, test bool) error {
	file, err := parser.ParseFile(name, text)
	if err != nil {
		return err
	}
	var formatted bytes.Buffer
	if err := printer.Fprint(&formatted, file); err != nil {
		return err
	}
	formatted.WriteByte('\n')
	if test {
		if !bytes.Equal(text, formatted.Bytes()) {
			return fmt.Errorf("file %s is not formatted correctly", name)
		}
		return nil
	}
	if write {
		return os.WriteFile(name, formatted.Bytes(), mode)
	}
	_, err = os.Stdout.Write(formatted.Bytes())
	return err
}
