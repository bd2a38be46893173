package main

import (
	"errors"
	"strings"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/workloads"
)

func findTarget(name string) (cluster.Target, error) {
	for _, t := range targets.All() {
		if t.Name() == name {
			return t, nil
		}
	}
	return nil, exit.Misuse("%s", suggest.Unknown("target", name, targetNames()))
}

func targetNames() []string {
	var names []string
	for _, t := range targets.All() {
		names = append(names, t.Name())
	}
	return names
}

// findWorkload finds a workload that the target can be tested with; without a
// name, the first one.
func findWorkload(name string, target cluster.Target) (workloads.Workload, error) {
	fitting := supported(target)
	for _, w := range fitting {
		if name == "" || w.Name() == name {
			return w, nil
		}
	}
	for _, w := range workloads.All() {
		if w.Name() == name {
			return nil, exit.Misuse("%s cannot be tested with workload %s: %w; choose from %s",
				target.Name(), name, w.Supports(target.Prototype()), list(workloadNames(fitting)))
		}
	}
	return nil, exit.Misuse("%s", suggest.Unknown("workload", name, workloadNames(fitting)))
}

// supported are the workloads that a target can be tested with.
func supported(target cluster.Target) []workloads.Workload {
	var fitting []workloads.Workload
	for _, w := range workloads.All() {
		if w.Supports(target.Prototype()) == nil {
			fitting = append(fitting, w)
		}
	}
	return fitting
}

func workloadNames(all []workloads.Workload) []string {
	var names []string
	for _, w := range all {
		names = append(names, w.Name())
	}
	return names
}

func parseNemesis(text string) (nemesis.Spec, error) {
	if strings.TrimSpace(text) == "" { // as an empty variable gives it
		return nemesis.Spec{}, exit.Misuse("--nemesis names nothing; say what breaks, or none")
	}
	spec, err := nemesis.Parse(text)
	if err == nil {
		return spec, nil
	}
	if wrong, ok := errors.AsType[*nemesis.ParseError](err); ok {
		if near, ok := suggest.Nearest(wrong.Text, wrong.Choices); ok {
			return spec, exit.Misuse("--nemesis %s: %w; did you mean %q?", text, err, near)
		}
	}
	return spec, exit.Misuse("--nemesis %s: %w", text, err)
}

// targetName is the target that the arguments name.
func targetName(args []string) string {
	if len(args) == 0 {
		return "demo"
	}
	return args[0]
}
