package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/local"
)

// place is where a cluster runs.
type place struct {
	runtime string
	start   cluster.Starter
	// about is the engine, or what takes its place and why.
	about string
	// agent is docker.NetworkOnly or empty.
	agent string
}

// choosePlace finds the runtime that was asked for or, if none was, the best one
// that is there. The target can run there: checkRuntime was asked.
func choosePlace(ctx context.Context, wanted, agent string, can map[string]bool) (place, error) {
	if wanted == "local" || !can["docker"] {
		return here(""), nil
	}
	engine, err := docker.Connect(ctx)
	switch {
	case err == nil && agent == docker.NetworkOnly:
		return place{runtime: "docker", start: engine.StartNetworkOnly, about: engine.About(), agent: agent}, nil
	case err == nil:
		return place{runtime: "docker", start: engine.Start, about: engine.About()}, nil
	case wanted == "docker" && can["local"]:
		return place{}, fmt.Errorf("%w; or use --runtime local", err)
	case can["local"] && errors.Is(err, docker.ErrNoEngine):
		return here(" (no Docker engine in reach)"), nil
	}
	return place{}, err
}

// checkImage rejects an image that no node would be started from.
func (p place) checkImage(image string) error {
	if image == "" || p.runtime == "docker" {
		return nil
	}
	return exit.Misuse("--image %s: nodes run as %s and take no image; use --runtime docker, or leave out --image", image, p.about)
}

func here(why string) place {
	return place{runtime: "local", start: local.Start, about: "child processes" + why}
}

// runtimesOf says on which runtimes a node like this can run.
func runtimesOf(spec cluster.NodeSpec) map[string]bool {
	return map[string]bool{"docker": spec.Image.Reference != "", "local": len(spec.Program) > 0}
}

// checkRuntime rejects a wish that cannot come true on any machine.
func checkRuntime(wanted string, can map[string]bool, target cluster.Target) error {
	switch {
	case wanted == "" || can[wanted]:
		return nil
	case wanted == "local":
		return exit.Misuse("--runtime local: %s cannot run as child processes; use --runtime docker", target.Name())
	case wanted == "docker":
		return exit.Misuse("--runtime docker: %s has no container image; use --runtime local", target.Name())
	}
	return exit.Misuse("%s", suggest.Unknown("runtime", wanted, runtimes()))
}

func runtimes() []string { return []string{"docker", "local"} }

// announce says what is going to happen, and how to choose.
func (p place) announce(out io.Writer, test harness.Test) {
	fmt.Fprintf(out, "%s, workload %s, nemesis %s: %s for %s\n",
		test.Target.Name(), test.Workload.Name(), test.Nemesis, checkers.Count(test.Nodes, "node"), test.Duration)
	about := p.about
	if p.agent != "" {
		about += ", agents " + p.agent
	}
	fmt.Fprintf(out, "runtime %s: %s; choose with --runtime docker|local\n", p.runtime, about)
}
