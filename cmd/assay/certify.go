package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/cmd/assay/internal/settings"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/certify"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/local"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/certificate"
)

// certifyFlags are what 'assay certify' can be told.
type certifyFlags struct {
	testFlags
	claims   string
	total    time.Duration
	atOnce   int
	planOnly bool
}

func newCertifyCmd() *cobra.Command {
	f := &certifyFlags{}
	c := &cobra.Command{
		Use:   "certify TARGET",
		Short: "Put all claims of a system to the test, and write a certificate",
		Long: `Certify tries everything that a system's vendor claims under every family of
faults that this machine can inject, with as many seeds as the budget has room
for, and measures beside it: what each side of a partition answers and what is
lost (CAP), what consistency costs over distances (PACELC), how often messages
arrive, with clients that send again and without.

The plan is printed first. The certificate is one folder with a page, Markdown and
JSON; it leads to the report of every run. Ctrl-C ends it early and writes the
certificate of what there is.

Exit codes:
  0    every claim held
  1    a claim is broken, the certificate shows the witness
  2    nothing is broken, but a claim stayed unknown
  3    infrastructure: nothing is broken, but a run could not take place
  4    usage: wrong arguments`,
		Example: `  assay certify demo --plan
  assay certify demo --budget 15m
  assay certify demo --set bug=stale-reads --claims register,set
  assay certify etcd --nodes 5 --budget 1h`,
		Args:              cobra.MatchAll(between(1, 1), positive),
		ValidArgsFunction: completeTarget,
	}
	f.declare(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error { return f.run(c, args) }
	return c
}

func (f *certifyFlags) declare(flags *pflag.FlagSet) {
	flags.DurationVar(&f.total, "budget", 20*time.Minute, "how long all of it may take")
	flags.StringVar(&f.claims, "claims", "", "only the claims that these workloads test, as in register,set (default all)")
	flags.BoolVar(&f.planOnly, "plan", false, "print the plan and do nothing")
	flags.IntVar(&f.atOnce, "at-once", runtime.NumCPU(), "how many runs at a time, where no latency is measured")
	flags.StringVar(&f.runtime, "runtime", "", "where clusters run: docker or local (default docker if an engine is in reach)")
	flags.StringVar(&f.agent, "agent", autoAgent, "helper containers: auto has what the faults need, network-only has NET_ADMIN in the nodes' networks and nothing else")
	flags.IntVar(&f.nodes, "nodes", defaultNodes, "how many nodes")
	flags.Int64Var(&f.seed, "seed", 0, "the first seed (default random)")
	flags.StringArrayVar(&f.set, "set", nil, "key=value, a setting of the target; may be repeated")
	f.own.declare(flags)
	flags.StringVar(&f.image, "image", "", "container image in place of the target's own")
	flags.IntVar(&f.concurrency, "concurrency", 0, "how many clients work at a time (default two a node, at least 6)")
	flags.Float64Var(&f.rate, "rate", 200, "operations a second, of all clients together")
	flags.StringVar(&f.results, "results", "results", "directory for the runs and the certificate")
	flags.SortFlags = false
}

func (f *certifyFlags) run(c *cobra.Command, args []string) error {
	if !c.Flags().Changed("seed") {
		f.seed = 1 + rand.Int64N(999_999_999)
	}
	test, err := f.test(args)
	if err != nil {
		return err
	}
	claims, err := f.chooseClaims(test.Target)
	if err != nil {
		return err
	}
	log := progress.Plain(c.ErrOrStderr())
	ctx, stop := watch(c.Context(), log, "stopping: the runs that are under way end in order, then the certificate is written")
	defer stop()
	chosen, err := f.placed(ctx, &test, claims)
	if err != nil {
		return err
	}
	test.Provenance.CommandLine = f.again(c.Flags(), args[0], chosen.runtime)
	plan, err := certify.New(f.config(ctx, test, claims, chosen))
	if err != nil {
		return exit.Misuse("%w", err)
	}
	fmt.Fprintf(c.OutOrStdout(), "seed %d\nruntime %s: %s; choose with --runtime docker|local\n", f.seed, chosen.runtime, chosen.about)
	if err := plan.Print(c.OutOrStdout()); err != nil || f.planOnly {
		return err
	}
	return f.execute(ctx, c.OutOrStdout(), log, plan, test)
}

// test is what all runs have in common.
func (f *certifyFlags) test(args []string) (harness.Test, error) {
	target, err := findTarget(args[0])
	if err == nil {
		target, err = f.tailor(target)
	}
	if err != nil {
		return harness.Test{}, err
	}
	test := f.figures()
	test.Target = target
	test.OpTimeout, test.Settle, test.Budget = time.Second, 500*time.Millisecond, time.Minute
	test.TargetSettings, _, err = settings.Split(f.pairs(), target.Settings(), nil)
	return test, err
}

// chooseClaims are the target's claims, or those of them that the user named. Of a system
// of which nothing is claimed, what the workloads look for by default is.
func (f *certifyFlags) chooseClaims(target cluster.Target) ([]cluster.Claim, error) {
	var all []cluster.Claim
	if claimer, ok := target.(cluster.Claimer); ok {
		all = claimer.Claims()
	} else {
		for _, w := range supported(target) {
			all = append(all, cluster.Claim{Workload: w.Name(), Promise: w.About(), Page: "nobody: assumed, for " + target.Name() + " claims nothing"})
		}
	}
	if f.claims == "" {
		return all, nil
	}
	var wanted []cluster.Claim
	for _, name := range strings.Split(f.claims, ",") {
		of := slices.DeleteFunc(slices.Clone(all), func(c cluster.Claim) bool { return c.Workload != name })
		if len(of) == 0 {
			return nil, exit.Misuse("--claims %s: %s", f.claims, suggest.Unknown("claim of "+target.Name(), name, claimNames(all)))
		}
		wanted = append(wanted, of...)
	}
	return wanted, nil
}

func claimNames(all []cluster.Claim) []string {
	var names []string
	for _, c := range all {
		if !slices.Contains(names, c.Workload) {
			names = append(names, c.Workload)
		}
	}
	return names
}

// placed decides where the clusters run.
func (f *certifyFlags) placed(ctx context.Context, test *harness.Test, claims []cluster.Claim) (place, error) {
	if len(claims) == 0 {
		return place{}, exit.Misuse("there is nothing to certify: %s claims nothing and supports no workload", test.Target.Name())
	}
	spec, err := nodeSpec(certifiable(*test, claims))
	if err != nil {
		return place{}, exit.Misuse("target %s: %w", test.Target.Name(), err)
	}
	can := runtimesOf(spec)
	if err := checkRuntime(f.runtime, can, test.Target); err != nil {
		return place{}, err
	}
	chosen, err := choosePlace(ctx, f.runtime, f.agent, can)
	if err != nil {
		return place{}, err
	}
	if err := chosen.checkImage(f.image); err != nil {
		return place{}, err
	}
	if host, ok := test.Target.(cluster.Host); ok {
		chosen.start, chosen.about = host.Start, host.Place()
	}
	test.Start = chosen.start
	test.Provenance = results.Run{Runtime: chosen.runtime, Machine: machine()}
	if chosen.runtime == "docker" {
		test.Provenance.Engine, test.Provenance.Agent = chosen.about, chosen.agent
	}
	return chosen, nil
}

// certifiable is the test with the settings of the first claim that it can have, for a
// claim may be of a cluster that is set up in another way than by default.
func certifiable(test harness.Test, claims []cluster.Claim) harness.Test {
	tried := test
	for _, c := range claims {
		tried.TargetSettings = map[string]string{}
		for key, value := range c.Settings {
			tried.TargetSettings[key] = value
		}
		for key, value := range test.TargetSettings {
			tried.TargetSettings[key] = value
		}
		if _, err := nodeSpec(tried); err == nil {
			return tried
		}
	}
	return test
}

func (f *certifyFlags) config(ctx context.Context, test harness.Test, claims []cluster.Claim, at place) certify.Config {
	c := certify.Config{
		Test: test, Claims: claims, Budget: f.total, AtOnce: f.atOnce, Seed: f.seed,
		Capabilities: capabilitiesOf(ctx, at), Around: aroundRuns(at.runtime),
		Fits: fits, CommandLine: func(t harness.Test) []string { return single(t, at.runtime, f) },
	}
	if trader, ok := test.Target.(cluster.Trader); ok {
		c.Trades = trader.Trades()
	}
	return c
}

// capabilitiesOf are what can be done to clusters there. An engine really tries it.
func capabilitiesOf(ctx context.Context, at place) cluster.Capabilities {
	if at.runtime == "local" {
		return local.Capabilities()
	}
	engine, err := docker.Connect(ctx)
	if err != nil {
		return cluster.Capabilities{} // it answered a moment ago; runs will tell
	}
	defer engine.Close()
	return engine.Probe(ctx)
}

// aroundRuns is what set-up, final reads and tear-down take, until runs have shown it.
func aroundRuns(runtime string) time.Duration {
	if runtime == "local" {
		return 3 * time.Second
	}
	return 10 * time.Second
}

// fits says what target and workload have to say against a test.
func fits(test harness.Test) error {
	if _, err := nodeSpec(test); err != nil {
		return err
	}
	return tryWorkload(test)
}

// single is the command that repeats one run of a certificate.
func single(t harness.Test, runtime string, f *certifyFlags) []string {
	line := append(invocation(), "test", t.Target.Name(), "--workload", t.Workload.Name())
	for _, of := range []map[string]string{t.TargetSettings, t.WorkloadSettings} {
		for _, key := range sortedKeys(of) {
			line = append(line, "--set", key+"="+of[key])
		}
	}
	line = append(line, faultWords(t)...)
	line = append(line, "--nodes", fmt.Sprint(t.Nodes), "--time", t.Duration.String(), "--rate", fmt.Sprint(t.Rate))
	if t.OpTimeout != time.Second {
		line = append(line, "--op-timeout", t.OpTimeout.String())
	}
	if t.Concurrency > 0 {
		line = append(line, "--concurrency", fmt.Sprint(t.Concurrency))
	}
	if f.image != "" {
		line = append(line, "--image", f.image)
	}
	return append(line, "--results", f.results, "--runtime", runtime, "--seed", fmt.Sprint(t.Seed))
}

func faultWords(t harness.Test) []string {
	if !t.Script.IsZero() {
		return []string{"--nemesis-script", t.Script.String()}
	}
	words := []string{"--nemesis", t.Nemesis.String()}
	if t.Hold > 0 && len(t.Nemesis.Families) > 0 {
		words = append(words, "--hold", t.Hold.String(), "--quiet", t.Quiet.String())
	}
	if t.Fixed {
		words = append(words, "--schedule", "fixed")
	}
	return words
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// again is the command that makes the certificate again.
func (f *certifyFlags) again(flags *pflag.FlagSet, target, runtime string) []string {
	line := append(invocation(), "certify", target)
	flags.Visit(func(flag *pflag.Flag) {
		if flag.Name != "seed" && flag.Name != "runtime" && flag.Name != "plan" {
			for _, value := range values(flag) {
				line = append(line, "--"+flag.Name, value)
			}
		}
	})
	return append(line, "--runtime", runtime, "--seed", fmt.Sprint(f.seed))
}

func (f *certifyFlags) execute(ctx context.Context, out, log io.Writer, plan *certify.Plan, test harness.Test) error {
	made, err := plan.Run(ctx, log)
	if err != nil {
		return fmt.Errorf("certify %s: no run could take place: %w", test.Target.Name(), err)
	}
	if len(made.Runs) == 0 {
		return errors.New("interrupted before anything was tried")
	}
	folder, err := certificate.Folder(f.results, test.Target.Name(), made.Started)
	if err != nil {
		return err
	}
	certify.Relate(made, folder)
	if err := made.Write(folder); err != nil {
		return err
	}
	return concludeCertificate(out, made, folder)
}

// concludeCertificate prints what became of the claims.
func concludeCertificate(out io.Writer, c *certificate.Certificate, folder string) error {
	fmt.Fprintf(out, "\n%s  %s: %s\n\n", strings.ToUpper(string(c.Status())), c.Target, c.Verdict())
	var lines [][]string
	for _, claim := range c.Claims {
		lines = append(lines, []string{"  " + string(claim.Status), claim.Workload, claim.Promise + ": " + claim.Why})
	}
	if err := table(printable{out}, lines); err != nil {
		return err
	}
	if len(c.Partitions) > 0 {
		fmt.Fprintf(out, "\npartitions   %s\n", c.CAP())
	}
	fmt.Fprintf(out, "\ncertificate  %s\n", filepath.Join(folder, certificate.PageFile))
	if n := c.Failed(); n > 0 {
		fmt.Fprintf(out, "note         %s not take place; the certificate lists them\n", checkers.Count(n, "run could", "runs could"))
	}
	return exit.As(certificateCode(c))
}

// certificateCode lets the gravest of all runs win, as everywhere.
func certificateCode(c *certificate.Certificate) int {
	switch {
	case c.Status() == certificate.Broken:
		return exit.Invalid
	case c.Failed() > 0:
		return exit.Infrastructure
	case c.Status() == certificate.Unknown:
		return exit.Unknown
	}
	return exit.Valid
}
