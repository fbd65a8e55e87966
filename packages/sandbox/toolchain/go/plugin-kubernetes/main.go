// Command pulumi-resource-kubernetes is the official plugin of that name, 4.25.0, built from its Go module.
//
// The schema and the mapping, which the released plugin carries in itself, are read from files beside the program: they
// lie in the module, where a program of another module cannot embed them.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

const version = "4.25.0"

func main() {
	program, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	folder := filepath.Dir(program)
	schema, err := withVersion(filepath.Join(folder, "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	mapping, err := os.ReadFile(filepath.Join(folder, "terraform-mapping.json"))
	if err != nil {
		log.Fatal(err)
	}
	provider.Serve("kubernetes", version, schema, mapping)
}

// withVersion reads a package's schema and puts the version in, as the release of the plugin does.
func withVersion(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var schema map[string]json.RawMessage
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, err
	}
	schema["version"] = json.RawMessage(`"` + version + `"`)
	return json.Marshal(schema)
}
