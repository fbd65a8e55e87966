package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	alloyruntime "github.com/grafana/alloy/internal/runtime"
	httpservice "github.com/grafana/alloy/internal/service/http"
	"github.com/grafana/alloy/internal/static/config/instrumentation"
)

// readSources reads one file, or every *.alloy file that lies directly in a directory.
func readSources(path string) (map[string][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	names := []string{path}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		names = nil
		for _, entry := range entries {
			if !entry.IsDir() && filepath.Ext(entry.Name()) == ".alloy" {
				names = append(names, filepath.Join(path, entry.Name()))
			}
		}
	}
	sources := map[string][]byte{}
	for _, name := range names {
		if sources[name], err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// loadConfig reads, parses and applies the configuration. The metrics alloy_config_hash and
// alloy_config_last_load_successful say how it went, also where a reload failed and the old configuration runs on.
func loadConfig(path string, controller *alloyruntime.Runtime, server *httpservice.Service) (map[string][]byte, error) {
	sources, err := readSources(path)
	if err != nil {
		instrumentation.InstrumentConfig(false, [sha256.Size]byte{}, "")
		return nil, fmt.Errorf("reading config path %q: %w", path, err)
	}
	parsed, err := alloyruntime.ParseSources(sources)
	// As in Alloy itself the metric means "could be parsed": an error of LoadSource does not turn it off.
	instrumentation.InstrumentConfig(err == nil, hashSources(sources), "")
	if err != nil {
		return sources, fmt.Errorf("reading config path %q: %w", path, err)
	}
	server.SetSources(parsed.SourceFiles())
	if err := controller.LoadSource(parsed, nil, path); err != nil {
		return sources, fmt.Errorf("error during the initial load: %w", err)
	}
	return sources, nil
}

func hashSources(sources map[string][]byte) [sha256.Size]byte {
	if len(sources) == 0 {
		return [sha256.Size]byte{}
	}
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		hash.Write(sources[name])
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
