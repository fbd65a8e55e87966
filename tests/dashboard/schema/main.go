// Reads a dashboard as strictly as Grafana's own schema is written in its SDK: a field that no version knows is a mistake.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	failed := false
	fail := func(where string, err error) {
		if err != nil && err.Error() != "" {
			fmt.Printf("%s: %v\n", where, err)
			failed = true
		}
	}
	board := dashboard.Dashboard{}
	fail("dashboard", board.UnmarshalJSONStrict(text))
	fail("values", board.Validate())
	// The SDK reads the fields of a panel leniently by itself.
	raw := struct{ Panels []map[string]json.RawMessage }{}
	fail("panels", json.Unmarshal(text, &raw))
	read := 0
	for at, panel := range raw.Panels {
		if fields, ok := panel["fieldConfig"]; ok {
			source := dashboard.FieldConfigSource{}
			fail(fmt.Sprintf("fieldConfig of panel %d", at), source.UnmarshalJSONStrict(fields))
			read++
		}
	}
	if len(raw.Panels) == 0 || read == 0 {
		fmt.Println("there is no panel")
		failed = true
	}
	fmt.Printf("%d panels, %d with fields\n", len(raw.Panels), read)
	if failed {
		os.Exit(1)
	}
}
