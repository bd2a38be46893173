package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assaykit/assay/harness/docker"
)

// TestScriptsInDocker runs the command lines that need an engine. None of them
// cleans for real: other tests may be using the same engine.
func TestScriptsInDocker(t *testing.T) {
	engine, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	engine.Close()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "docker"),
		RequireExplicitExec: true,
		Setup:               furnishInDocker,
		Cmds:                commands(),
	})
}

// furnishInDocker leaves the script the engine, and the home where the Go
// toolchain that builds images has its caches.
func furnishInDocker(env *testscript.Env) error {
	env.Setenv("ASSAY_STATE", filepath.Join(env.WorkDir, "state"))
	for _, name := range []string{"HOME", "DOCKER_HOST", "GOPATH", "GOCACHE", "GOFLAGS", "GOPROXY"} {
		if value, ok := os.LookupEnv(name); ok {
			env.Setenv(name, value)
		}
	}
	return nil
}
