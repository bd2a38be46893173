package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
)

// ownFlags are short for the settings by which users bring their own systems.
type ownFlags struct {
	file, client, bin string
	// dialect are settings that go with what a target's users call a workload.
	dialect []string
}

func (o *ownFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&o.file, "file", "", "compose file of your own service, for the target compose")
	flags.StringVar(&o.client, "client", "", "client of your own service: a program with its arguments, or http:FILE; see 'assay client --help'")
	flags.StringVar(&o.bin, "bin", "", "node program of your own, for the target maelstrom")
}

// settings are the flags as pairs of --set.
func (o *ownFlags) settings() []string {
	var pairs []string
	for key, value := range map[string]string{"file": o.file, "client": o.client, "bin": o.bin} {
		if value != "" {
			pairs = append(pairs, key+"="+value)
		}
	}
	return pairs
}

// fit rejects flags for systems of one's own with targets that take none. They would be
// refused as settings, by a name that nobody has typed.
func (o *ownFlags) fit(target cluster.Target) error {
	for _, flag := range []struct{ name, value, meant string }{
		{"file", o.file, "compose"}, {"client", o.client, "compose"}, {"bin", o.bin, "maelstrom"},
	} {
		known := slices.ContainsFunc(target.Settings(), func(s cluster.Setting) bool { return s.Key == flag.name })
		if flag.value != "" && !known {
			return exit.Misuse("--%s %s: is for the target %s, and not for %s", flag.name, flag.value, flag.meant, target.Name())
		}
	}
	return nil
}

// pairs are all settings that were given, by whatever flag.
func (f *testFlags) pairs() []string {
	pairs := append(slices.Clone(f.set), f.own.settings()...)
	for _, pair := range f.own.dialect {
		key, _, _ := strings.Cut(pair, "=")
		if !slices.ContainsFunc(pairs, func(p string) bool { return strings.HasPrefix(p, key+"=") }) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// tailor makes the target of its settings, if it is one that wants it.
func (f *testFlags) tailor(target cluster.Target) (cluster.Target, error) {
	if err := f.own.fit(target); err != nil {
		return nil, err
	}
	tailor, ok := target.(cluster.Tailor)
	if !ok {
		return target, nil
	}
	config := cluster.Config{Image: f.image, Workload: f.workload, Settings: settingsOf(target, f.pairs())}
	made, err := tailor.Tailored(context.Background(), config)
	if err != nil {
		return nil, exit.Misuse("target %s: %w", target.Name(), err)
	}
	if dialect, ok := made.(cluster.Dialect); ok {
		f.workload, f.own.dialect = dialect.Workload()
	}
	return made, f.count(made)
}

// settingsOf are those pairs that are the target's. What is wrong with them and the others
// is found later.
func settingsOf(target cluster.Target, pairs []string) map[string]string {
	found := map[string]string{}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		for _, s := range target.Settings() {
			if s.Key == key {
				found[key] = value
			}
		}
	}
	return found
}

// defaultNodes is how many nodes there are where neither user nor target says.
const defaultNodes = 3

// count lets a target that names its nodes say how many there are.
func (f *testFlags) count(target cluster.Target) error {
	named, ok := target.(cluster.Named)
	if !ok {
		return nil
	}
	wanted := f.nodes
	if wanted == defaultNodes {
		wanted = 0
	}
	names, err := named.NodeNames(cluster.Config{Nodes: wanted})
	if err != nil {
		return exit.Misuse("--nodes %d: %w", f.nodes, err)
	}
	f.nodes = len(names)
	return nil
}

// layoutOf is the layout of a run's nodes on no machine in particular.
func layoutOf(test harness.Test) nowhere {
	if named, ok := test.Target.(cluster.Named); ok {
		if names, err := named.NodeNames(cluster.Config{}); err == nil {
			return names
		}
	}
	names := make([]string, test.Nodes)
	for i := range names {
		names[i] = fmt.Sprintf("n%d", i+1)
	}
	return names
}

// nowhere is a layout of nodes on no machine.
type nowhere []string

func (n nowhere) Names() []string                  { return n }
func (nowhere) Listen(string, string) string       { return "127.0.0.1:1" }
func (nowhere) Dial(string, string, string) string { return "127.0.0.1:1" }
func (nowhere) Data(string) string                 { return "/" }
