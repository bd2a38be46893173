package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/cmd/assay/internal/settings"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/harness/targets"
	"github.com/assaykit/assay/results"
)

func newSimCmd() *cobra.Command {
	var f simFlags
	c := &cobra.Command{
		Use:   "sim [TARGET]",
		Short: "Simulate a system whose nodes are actors, in virtual time, over many seeds",
		Long: `Sim runs whole tests in virtual time: the workloads, faults and checkers of
'assay test' on nodes that are simulated with their network, disks and clocks.
A seed is a whole run, the same on every machine, byte for byte.

Runs that are not valid are kept in the results, with the plan that repeats
them. Of the first that is invalid a smaller one is looked for that fails by the
same anomaly, and drawn in its report: who sent what to whom. A run now and then, and each that is not valid, happens twice to see that
it is the same run: --check-determinism.

Ctrl-C ends it after the runs that have begun, and sums up.

` + exit.Table,
		Example: `  assay sim                                          # the built-in demo, 100 seeds
  assay sim demo --seeds 1..10000 --nemesis partition,kill --workload queue
  assay sim demo --set bug=stale-reads --seeds 1..100 --until-failure
  assay sim demo --set bug=stale-reads --seed 17     # one of them again
  assay sim demo --bugs                              # finds each deliberate mistake`,
		Args:              cobra.MatchAll(between(0, 1), positive),
		ValidArgsFunction: completeTarget,
	}
	f.declare(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error { return f.run(c, args) }
	c.AddCommand(newReplayCmd())
	return c
}

// simFlags are the flags of 'assay sim'.
type simFlags struct {
	workload, nemesis, seeds, network, results   string
	seed                                         int64
	nodes, concurrency, workers, determinism     int
	rate                                         float64
	time, opTimeout, hold, quiet, settle, budget time.Duration
	set                                          []string
	demands                                      availability.Demands
	untilFailure, keep, bugs, quietProgress      bool
	most                                         int
	shrink                                       shrinkFlags
}

func (f *simFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.seeds, "seeds", "1..100", "which seeds, as in 1..10000 or 3,5,8")
	flags.Int64Var(&f.seed, "seed", 0, "one seed, told in full and kept")
	flags.StringVar(&f.workload, "workload", "", "what clients do (default the target's first, see 'assay list')")
	flags.StringVar(&f.nemesis, "nemesis", "partition,kill,pause,packets,clock", "what breaks: families with optional shapes, as in partition:leader+ring,kill, or all, or none")
	flags.StringVar(&f.network, "network", "seeded", "what the network does by itself: quiet, rough (loses, repeats and delays), or what the seed decides")
	flags.IntVar(&f.nodes, "nodes", 5, "how many nodes")
	flags.DurationVar(&f.time, "time", 10*time.Second, "how long the clients work under faults, in virtual time as all others but --budget")
	flags.StringArrayVar(&f.set, "set", nil, "key=value, a setting of the target or the workload; may be repeated")
	flags.IntVar(&f.concurrency, "concurrency", 0, "how many clients work at a time (default two a node, at least 6)")
	flags.Float64Var(&f.rate, "rate", 200, "operations a second, of all clients together")
	flags.DurationVar(&f.opTimeout, "op-timeout", time.Second, "after which the outcome of an operation is unknown")
	flags.DurationVar(&f.hold, "hold", 800*time.Millisecond, "how long a fault lasts, more or less")
	flags.DurationVar(&f.quiet, "quiet", 500*time.Millisecond, "how long nothing is broken between two faults, more or less")
	flags.DurationVar(&f.settle, "settle", 500*time.Millisecond, "how long to wait between healing and the final reads")
	flags.DurationVar(&f.budget, "budget", time.Minute, "how long the checkers may take for a run")
	declareDemands(flags, &f.demands)
	flags.IntVar(&f.workers, "workers", runtime.NumCPU(), "how many runs at a time; changes no result")
	flags.IntVar(&f.determinism, "check-determinism", 50, "repeat every so many-th run, and each that is not valid, to see that it is the same; 0 is never")
	flags.BoolVar(&f.untilFailure, "until-failure", false, "end with the first run that is not valid")
	flags.BoolVar(&f.keep, "keep", false, "keep valid runs too")
	flags.IntVar(&f.most, "keep-most", 10, "how many runs to keep")
	flags.BoolVar(&f.bugs, "bugs", false, "find each of the demo's deliberate mistakes, from a random seed on, and print a table (Markdown)")
	f.shrink.declare(flags)
	flags.StringVar(&f.results, "results", "results", "directory for the runs")
	flags.BoolVarP(&f.quietProgress, "quiet-progress", "q", false, "print no progress")
	flags.SortFlags = false
}

func (f *simFlags) run(c *cobra.Command, args []string) error {
	if f.bugs {
		return f.findBugs(c, args)
	}
	target, plan, err := f.plan(args)
	if err != nil {
		return err
	}
	seeds, count, err := f.chosenSeeds(c.Flags())
	if err != nil {
		return err
	}
	display := newDisplay(c.ErrOrStderr(), f.quietProgress)
	ctx, stop := watch(c.Context(), display, "ending the runs that have begun")
	defer stop()
	defer debug.SetGCPercent(debug.SetGCPercent(moreGarbage))
	s := simulated{flags: f, target: target, plan: plan, out: c.OutOrStdout(), display: display, line: c.Flags(), total: count}
	return s.run(ctx, seeds)
}

// moreGarbage lets garbage grow: a run needs few megabytes, and leaves all of them
// behind.
const moreGarbage = 400

// plan is that of all seeds. Its errors are usage errors.
func (f *simFlags) plan(args []string) (world.Target, sim.Plan, error) {
	target, err := findSimulated(targetName(args))
	if err != nil {
		return nil, sim.Plan{}, err
	}
	workload, err := findWorkload(f.workload, target)
	if err != nil {
		return nil, sim.Plan{}, err
	}
	faults, err := parseNemesis(f.nemesis)
	if err != nil {
		return nil, sim.Plan{}, err
	}
	if !slices.Contains([]string{"quiet", "rough", "seeded"}, f.network) {
		return nil, sim.Plan{}, exit.Misuse("--network: %s", suggest.Unknown("network", f.network, []string{"quiet", "rough", "seeded"}))
	}
	ofTarget, ofWorkload, err := settings.Split(f.set, target.Settings(), workload.Settings())
	if err != nil {
		return nil, sim.Plan{}, err
	}
	restricted := harness.Test{Target: target, Workload: workload, WorkloadSettings: ofWorkload}
	heedRestrictions(&restricted)
	ofWorkload = restricted.WorkloadSettings
	faults = faults.Fit(world.Capabilities())
	if err := faults.Supports(world.Capabilities()); err != nil {
		return nil, sim.Plan{}, exit.Misuse("--nemesis %s: %w", f.nemesis, err)
	}
	plan := sim.Plan{
		Target: target.Name(), Workload: workload.Name(), Settings: ofTarget, WorkloadSettings: ofWorkload,
		Nodes: f.nodes, Clients: f.concurrency, Rate: f.rate, Time: f.time, OpTimeout: f.opTimeout, Settle: f.settle,
		Nemesis: faults.String(), Hold: f.hold, Quiet: f.quiet, Demands: f.demands,
	}.WithDefaults()
	test := harness.Test{Workload: workload, WorkloadSettings: ofWorkload, Concurrency: plan.Clients, Duration: plan.Time}
	return target, plan, tryWorkload(test)
}

// ofSeed is the plan of one seed.
func (f *simFlags) ofSeed(p sim.Plan, seed int64) sim.Plan {
	p.Seed = seed
	switch f.network {
	case "rough":
		p.Weather = world.Weather{Loss: 0.05, Repeat: 0.05, Late: 0.05}
	case "seeded":
		p.Weather = sim.WeatherOf(seed)
	}
	return p
}

func findSimulated(name string) (world.Target, error) {
	found, err := findTarget(name)
	if err != nil {
		return nil, err
	}
	target, ok := found.(world.Target)
	if !ok {
		return nil, exit.Misuse("%s cannot be simulated: its nodes are no actors; choose from %s, or use 'assay test %s'", name, list(simulatedNames()), name)
	}
	return target, nil
}

func simulatedNames() []string {
	var names []string
	for _, t := range targets.All() {
		if _, ok := t.(world.Target); ok {
			names = append(names, t.Name())
		}
	}
	return names
}

// chosenSeeds are the seeds, and how many there are.
func (f *simFlags) chosenSeeds(flags *pflag.FlagSet) (iter.Seq[int64], int64, error) {
	if flags.Changed("seed") {
		if flags.Changed("seeds") {
			return nil, 0, exit.Misuse("--seeds %s names the seeds; leave out --seed", f.seeds)
		}
		return slices.Values([]int64{f.seed}), 1, nil
	}
	from, to, isRange := strings.Cut(f.seeds, "..")
	if !isRange {
		seeds, err := parseSeeds(f.seeds)
		if err != nil {
			return nil, 0, exit.Misuse("--seeds %s: %w", f.seeds, err)
		}
		return slices.Values(seeds), int64(len(seeds)), nil
	}
	first, errFirst := strconv.ParseInt(from, 10, 64)
	last, errLast := strconv.ParseInt(to, 10, 64)
	if errFirst != nil || errLast != nil || last < first {
		return nil, 0, exit.Misuse("--seeds %s: write 1..10000 or 3,5,8", f.seeds)
	}
	return func(yield func(int64) bool) {
		for seed := first; seed <= last && yield(seed); seed++ {
			if seed == last {
				return
			}
		}
	}, last - first + 1, nil
}

// simulated is a campaign with what it has come to.
type simulated struct {
	flags   *simFlags
	target  world.Target
	plan    sim.Plan
	out     io.Writer
	display *progress.Display
	line    *pflag.FlagSet
	total   int64

	began                         time.Time
	valid, invalid, unknown, lost int64
	repeated                      int64
	elapsed                       time.Duration
	events                        uint64
	kept                          int
	// first is the first run that was kept and not valid, or the only run.
	first harness.Outcome
	// failed is that run, if it is invalid.
	failed *sim.Outcome
	told   time.Time
	err    error
}

func (s *simulated) run(ctx context.Context, seeds iter.Seq[int64]) error {
	f := s.flags
	s.announce()
	s.began = time.Now()
	campaign := sim.Campaign{
		Target: s.target, Workers: f.workers, CheckDeterminism: f.determinism,
		Plan:    func(seed int64) sim.Plan { return f.ofSeed(s.plan, seed) },
		Options: sim.Options{Budget: f.budget, Provenance: results.Run{Machine: machine()}},
	}
	campaign.Run(ctx, seeds, s.handle)
	s.display.Close()
	return s.conclude(ctx)
}

func (s *simulated) announce() {
	fmt.Fprintf(s.out, "simulating %s, workload %s, nemesis %s: %s and %s for %s of virtual time\n",
		s.plan.Target, s.plan.Workload, s.plan.Nemesis, checkers.Count(s.plan.Nodes, "node"), checkers.Count(s.plan.Clients, "client"), s.plan.Time)
}

// handle counts a result, tells it if it is not valid, and keeps it if it is to
// be kept.
func (s *simulated) handle(r sim.Result) bool {
	if r.Repeated {
		s.repeated++
	}
	if r.Err != nil {
		s.lost++
		fmt.Fprintf(s.out, "%v\n", r.Err)
	}
	if r.Outcome != nil {
		s.count(r)
	}
	s.tell()
	failed := r.Err != nil || r.Validity() != checkers.Valid
	return s.err == nil && !(failed && s.flags.untilFailure)
}

func (s *simulated) count(r sim.Result) {
	s.elapsed += r.Outcome.Elapsed
	s.events += r.Outcome.Events
	validity := r.Validity()
	switch validity {
	case checkers.Valid:
		s.valid++
	case checkers.Invalid:
		s.invalid++
	default:
		s.unknown++
	}
	keep := s.flags.keep || validity != checkers.Valid || s.total == 1
	where := ""
	if keep && s.kept < s.flags.most {
		where = s.keep(r)
	}
	if validity != checkers.Valid && s.total > 1 {
		fmt.Fprintf(s.out, "seed %d  %s  %s", r.Seed, strings.ToUpper(validity.String()), r.Outcome.Verdict.Reason)
		if where != "" {
			fmt.Fprintf(s.out, "  %s", where)
		}
		fmt.Fprintln(s.out)
	}
}

func (s *simulated) keep(r sim.Result) string {
	kept, err := r.Outcome.Keep(s.flags.results, simCommandLine(s.line, s.plan.Target, r.Seed))
	if err != nil {
		s.err = errors.Join(s.err, err)
		return ""
	}
	s.kept++
	// The first of the gravest is told in full at the end.
	if s.first.Dir == "" || s.first.Verdict.Validity != checkers.Invalid && kept.Verdict.Validity == checkers.Invalid {
		s.first, s.failed = kept, r.Outcome
	}
	return kept.Dir
}

// simCommandLine repeats the run of one seed.
func simCommandLine(flags *pflag.FlagSet, target string, seed int64) []string {
	line := append(invocation(), "sim", target)
	others := []string{"seed", "seeds", "workers", "check-determinism", "until-failure", "keep", "keep-most", "quiet-progress", "no-shrink", "shrink-budget"}
	flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(others, flag.Name) {
			for _, value := range values(flag) {
				line = append(line, "--"+flag.Name, value)
			}
		}
	})
	return append(line, "--seed", strconv.FormatInt(seed, 10))
}

// tell shows how far it is, every few seconds.
func (s *simulated) tell() {
	if s.flags.quietProgress || time.Since(s.told) < progress.Every {
		return
	}
	if !s.told.IsZero() {
		fmt.Fprintf(s.display, "%d of %d seeds: %s\n", s.done(), s.total, s.counts())
	}
	s.told = time.Now()
}

func (s *simulated) done() int64 { return s.valid + s.invalid + s.unknown + s.lost }

func (s *simulated) counts() string {
	var parts []string
	for _, c := range []struct {
		n    int64
		what string
	}{{s.invalid, "invalid"}, {s.lost, "without a verdict"}, {s.unknown, "unknown"}, {s.valid, "valid"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}

// conclude sums up, and tells the first run that failed in full: how to see it,
// check it and repeat it.
func (s *simulated) conclude(ctx context.Context) error {
	took := time.Since(s.began)
	if s.first.Dir != "" {
		s.err = errors.Join(s.err, s.flags.shrink.shrinkFirst(ctx, s.out, s.target, s.failed, s.first))
		_ = conclude(s.out, s.first, &known{}, nil)
		fmt.Fprintln(s.out)
	}
	if s.done() == 0 {
		return errors.Join(s.err, errors.New("interrupted before a run had ended"))
	}
	fmt.Fprintf(s.out, "%s  %s: %s; %s of virtual time and %d events in %s, %s repeated\n",
		s.grade(), checkers.Count(int(s.done()), "run"), s.counts(), s.elapsed.Round(time.Second), s.events,
		took.Round(time.Millisecond), checkers.Count(int(s.repeated), "run"))
	if ctx.Err() != nil {
		fmt.Fprintf(s.out, "interrupted: %d of %d seeds\n", s.done(), s.total)
	}
	switch {
	case s.err != nil:
		return s.err
	case s.invalid > 0:
		return exit.As(exit.Invalid)
	case s.lost > 0:
		return exit.As(exit.Infrastructure)
	case s.unknown > 0:
		return exit.As(exit.Unknown)
	}
	return nil
}

func (s *simulated) grade() string {
	switch {
	case s.invalid > 0:
		return "INVALID"
	case s.lost > 0:
		return "NO VERDICT"
	case s.unknown > 0:
		return "UNKNOWN"
	}
	return "VALID"
}

// someSeed is one by chance, of nine digits at most.
func someSeed() int64 { return 1 + rand.Int64N(999_999_999) }
