package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/settings"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// testFlags are the flags of 'assay test'. Their defaults make a run that shows
// something and ends in less than a minute.
type testFlags struct {
	workload, nemesis, runtime, image, results   string
	agent                                        string
	nodes, concurrency                           int
	rate                                         float64
	time, opTimeout, hold, quiet, settle, budget time.Duration
	seed                                         int64
	set                                          []string
	demands                                      availability.Demands
	script, schedule                             string
	own                                          ownFlags
	known                                        known
	series                                       seriesFlags
	quietProgress                                bool
}

func (f *testFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.workload, "workload", "", "what clients do (default the target's first, see 'assay list')")
	flags.StringVar(&f.nemesis, "nemesis", "partition,kill,pause", "what breaks: families with optional shapes, as in partition:leader+ring,kill, or all, or none")
	flags.StringVar(&f.script, "nemesis-script", "", "what breaks when, as in 'at 10s partition leader; at 20s heal', or a file with that")
	flags.StringVar(&f.schedule, "schedule", "random", "how faults follow each other: random or fixed intervals; overlapping or single, default now and then two at once")
	flags.StringVar(&f.runtime, "runtime", "", "where the cluster runs: docker or local (default docker if an engine is in reach)")
	flags.StringVar(&f.agent, "agent", autoAgent, "helper containers: auto has what the faults need, network-only has NET_ADMIN in the nodes' networks and nothing else")
	flags.IntVar(&f.nodes, "nodes", defaultNodes, "how many nodes")
	flags.DurationVar(&f.time, "time", 30*time.Second, "how long the clients work under faults")
	flags.Int64Var(&f.seed, "seed", 0, "decides operations and faults (default random)")
	f.series.declare(flags)
	flags.StringArrayVar(&f.set, "set", nil, "key=value, a setting of the target or the workload; may be repeated")
	f.own.declare(flags)
	flags.StringVar(&f.image, "image", "", "container image in place of the target's own")
	flags.IntVar(&f.concurrency, "concurrency", 0, "how many clients work at a time (default two a node, at least 6)")
	flags.Float64Var(&f.rate, "rate", 200, "operations a second, of all clients together")
	flags.DurationVar(&f.opTimeout, "op-timeout", time.Second, "after which the outcome of an operation is unknown")
	flags.DurationVar(&f.hold, "hold", 3*time.Second, "how long a fault lasts, more or less")
	flags.DurationVar(&f.quiet, "quiet", 2*time.Second, "how long nothing is broken between two faults, more or less")
	flags.DurationVar(&f.settle, "settle", 500*time.Millisecond, "how long to wait between healing and the final reads")
	flags.DurationVar(&f.budget, "check-budget", time.Minute, "how long the checkers of a run may take")
	declareDemands(flags, &f.demands)
	flags.StringVar(&f.results, "results", "results", "directory for the runs")
	flags.BoolVarP(&f.quietProgress, "quiet-progress", "q", false, "print no progress")
	flags.SortFlags = false
}

// test makes a run of the flags. Its errors are usage errors.
func (f *testFlags) test(args []string) (harness.Test, error) {
	target, err := findTarget(targetName(args))
	if err == nil {
		target, err = f.tailor(target)
	}
	if err != nil {
		return harness.Test{}, err
	}
	workload, err := findWorkload(f.workload, target)
	if err != nil {
		return harness.Test{}, err
	}
	faults, err := parseNemesis(f.nemesis)
	if err != nil {
		return harness.Test{}, err
	}
	test := f.figures()
	test.Target, test.Workload, test.Nemesis = target, workload, faults
	if err := f.arrange(&test); err != nil {
		return harness.Test{}, err
	}
	return f.furnish(test)
}

// figures are the parts of a run that need no looking up.
func (f *testFlags) figures() harness.Test {
	return harness.Test{
		Nodes: f.nodes, Concurrency: f.concurrency, Rate: f.rate,
		Duration: f.time, OpTimeout: f.opTimeout, Hold: f.hold, Quiet: f.quiet,
		Settle: f.settle, Budget: f.budget, Seed: f.seed, Demands: f.demands,
		Image: f.image, Results: f.results,
	}
}

// furnish adds the settings, and lets target and workload judge the whole.
func (f *testFlags) furnish(test harness.Test) (harness.Test, error) {
	var err error
	test.TargetSettings, test.WorkloadSettings, err = settings.Split(f.pairs(), test.Target.Settings(), test.Workload.Settings())
	if err != nil {
		return test, err
	}
	heedRestrictions(&test)
	spec, err := nodeSpec(test)
	if err != nil {
		return test, exit.Misuse("target %s: %w", test.Target.Name(), err)
	}
	if err := checkRuntime(f.runtime, runtimesOf(spec), test.Target); err != nil {
		return test, err
	}
	if err := f.checkFaults(test); err != nil {
		return test, err
	}
	return test, tryWorkload(test)
}

// heedRestrictions adds the settings of the workload without which the target has to refuse
// a part of it, unless they were chosen otherwise.
func heedRestrictions(test *harness.Test) {
	restricted, ok := test.Target.(cluster.Restricted)
	if !ok {
		return
	}
	for key, value := range restricted.Restrictions(test.Workload.Name()) {
		if _, chosen := test.WorkloadSettings[key]; !chosen {
			test.WorkloadSettings = with(test.WorkloadSettings, key, value)
		}
	}
}

// with is a copy of settings and one more.
func with(settings map[string]string, key, value string) map[string]string {
	more := map[string]string{key: value}
	maps.Copy(more, settings)
	return more
}

// tryWorkload lets the workload judge its settings, which it does when it is
// asked for what it needs in a run.
func tryWorkload(test harness.Test) error {
	config := workloads.Config{Seed: test.Seed, Settings: test.WorkloadSettings, Workers: max(1, test.Concurrency), Duration: test.Duration}
	_, err := test.Workload.Generator(config)
	if err == nil {
		_, err = test.Workload.Checker(config)
	}
	if err != nil {
		return exit.Misuse("workload %s: %w", test.Workload.Name(), err)
	}
	return nil
}

// chooseSeed lets chance decide unless a seed was given. Seeds are read aloud
// and typed, so they have nine digits at most.
func (f *testFlags) chooseSeed(flags *pflag.FlagSet) {
	if !flags.Changed("seed") {
		f.seed = 1 + rand.Int64N(999_999_999)
	}
}

// nodeSpec is the specification of the first node, made for no machine in
// particular: it shows where the target can run, and that its settings fit.
func nodeSpec(test harness.Test) (cluster.NodeSpec, error) {
	config := cluster.Config{Nodes: test.Nodes, Image: test.Image, Settings: test.TargetSettings, Seed: test.Seed}
	specs, err := test.Target.Nodes(config, layoutOf(test))
	if err != nil {
		return cluster.NodeSpec{}, err
	}
	if len(specs) == 0 {
		return cluster.NodeSpec{}, fmt.Errorf("describes no nodes")
	}
	return specs[0], nil
}
