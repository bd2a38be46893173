package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/interrupt"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/results"
)

func newTestCmd() *cobra.Command {
	var f testFlags
	c := &cobra.Command{
		Use:   "test [TARGET]",
		Short: "Test a system: start it, load it, break it, judge it",
		Long: `Test starts a cluster of the target, lets clients work on it while the nemesis
injects faults, heals everything, reads once more, and judges the history.
Without a target it tests the built-in demo. 'assay list' shows what there is.

Clusters run in containers if a Docker engine is in reach and otherwise, where
the target allows it, as child processes on loopback; --runtime decides.

Ctrl-C stops the load, heals, judges what there is and reports; a second Ctrl-C
leaves at once, and 'assay clean' removes what is left.

` + exit.Table,
		Example: `  assay test
  assay test etcd --nodes 5 --nemesis partition:leader+ring,kill --time 60s
  assay test etcd --set reads=serializable --nemesis partition
  assay test demo --runtime local --workload queue --set bug=lost-dequeue --seed 7
  assay test --seeds 1..20                          # the gravest result wins
  assay test --until-failure --budget 2h            # with ever new seeds`,
		Args:              cobra.MatchAll(between(0, 1), positive),
		ValidArgsFunction: completeTarget,
	}
	f.declare(c.Flags())
	f.known.declare(c)
	f.complete(c)
	c.RunE = func(c *cobra.Command, args []string) error { return f.run(c, args) }
	return c
}

func (f *testFlags) run(c *cobra.Command, args []string) error {
	f.chooseSeed(c.Flags())
	if f.script != "" && c.Flags().Changed("nemesis") {
		return exit.Misuse("--nemesis-script says what breaks; leave out --nemesis")
	}
	if err := f.known.open(); err != nil {
		return err
	}
	test, err := f.test(args)
	if err != nil {
		return err
	}
	several, err := f.series.of(c.Flags(), test.Seed, test.Expected())
	if err != nil {
		return err
	}
	display := newDisplay(c.ErrOrStderr(), f.quietProgress)
	ctx, stop := watch(c.Context(), display, "stopping: healing, checking what there is and reporting")
	defer stop()
	if !f.series.asked(c.Flags()) {
		fmt.Fprintf(c.OutOrStdout(), "seed %d\n", test.Seed)
	}
	if err := f.place(ctx, c, &test); err != nil {
		return err
	}
	test.Log = display
	if !f.quietProgress {
		test.Progress = display.Update
	}
	if f.series.asked(c.Flags()) {
		return f.runSeries(ctx, c, test, several, display)
	}
	outcome, err := harness.Run(ctx, test)
	display.Close()
	return conclude(c.OutOrStdout(), outcome, &f.known, explained(ctx, err))
}

// place decides where the cluster runs, and says so.
func (f *testFlags) place(ctx context.Context, c *cobra.Command, test *harness.Test) error {
	spec, err := nodeSpec(*test)
	if err != nil {
		return err
	}
	chosen, err := choosePlace(ctx, f.runtime, f.agent, runtimesOf(spec))
	if err != nil {
		return err
	}
	if err := chosen.checkImage(f.image); err != nil {
		return err
	}
	if host, ok := test.Target.(cluster.Host); ok {
		chosen.start, chosen.about = host.Start, host.Place()
	}
	chosen.announce(c.OutOrStdout(), *test)
	test.Start = chosen.start
	test.Provenance = results.Run{CommandLine: commandLine(c.Flags(), *test, chosen.runtime), Runtime: chosen.runtime, Machine: machine()}
	if chosen.runtime == "docker" {
		test.Provenance.Engine, test.Provenance.Agent = chosen.about, chosen.agent
	}
	return nil
}

// explained replaces the error of a run that was interrupted before there was
// anything to check.
func explained(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errors.New("interrupted before there was anything to check; everything was taken down again")
	}
	return err
}

// watch gives a command its context, which ends with Ctrl-C.
func watch(parent context.Context, display *progress.Display, stopping string) (context.Context, func()) {
	first := func() { fmt.Fprintf(display, "assay: %s (again to leave at once)\n", stopping) }
	second := func() {
		display.Close()
		fmt.Fprintln(display, "assay: left at once; 'assay clean' removes what is left")
		os.Exit(exit.Abandoned)
	}
	return interrupt.Watch(parent, first, second)
}
