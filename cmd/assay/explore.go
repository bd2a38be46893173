package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/settings"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/protocols"
	"github.com/assaykit/assay/harness/sim/explore"
)

func newExploreCmd() *cobra.Command {
	var f exploreFlags
	c := &cobra.Command{
		Use:   "explore [PROTOCOL]",
		Short: "Visit every state of a small system of a protocol, and judge them all",
		Long: `Explore visits every state that a small system of a protocol can get into, in
every order of its messages, timers and faults, and judges all of them. What it
finds wrong it shows by a shortest run, step by step; what it finds right is
right for all runs of that system, and says nothing about larger ones.

Without a protocol it lists them, with their settings and what is known of them.
The same actors run as clusters with 'assay test PROTOCOL'.

` + exit.Table,
		Example: `  assay explore                                      # what there is
  assay explore paxos
  assay explore paxos --set bug=own-value            # watch it fail
  assay explore single-copy --nodes 2
  assay explore abd --nodes 3 --network ordered --memory 4GiB
  assay explore paxos --nodes 5 --clients 1 --symmetry
  assay explore two-generals --set messages=7`,
		Args: cobra.MatchAll(between(0, 1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return protocolNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.declare(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return listProtocols(c.OutOrStdout(), f.json)
		}
		return f.run(c, args[0])
	}
	return c
}

func protocolNames() []string {
	var names []string
	for _, p := range protocols.All() {
		names = append(names, p.Name)
	}
	return names
}

// run explores, tells and judges.
func (f *exploreFlags) run(c *cobra.Command, name string) error {
	p, err := protocols.Find(name)
	if err != nil {
		return exit.Misuse("%s", suggest.Unknown("protocol", name, protocolNames()))
	}
	x, err := f.prepare(c, p)
	if err != nil {
		return err
	}
	if !f.json {
		x.announce(c.OutOrStdout())
	}
	display := newDisplay(c.ErrOrStderr(), f.quiet)
	ctx, stop := watch(c.Context(), display, "stopping: telling what was found so far")
	defer stop()
	if !f.quiet {
		x.options.Progress = func(p explore.Progress) { fmt.Fprintln(c.ErrOrStderr(), progressLine(p)) }
	}
	x.result, err = x.explorer.Explore(ctx, x.options)
	display.Close()
	if err != nil {
		return fmt.Errorf("explore %s: %w", p.Name, err)
	}
	return x.conclude(c.OutOrStdout(), f)
}

// explored is an exploration from its preparation to its result.
type explored struct {
	protocol protocols.Protocol
	chosen   protocols.Chosen
	setup    protocols.Setup
	options  explore.Options
	explorer explore.Explorer
	result   *explore.Result
	// command repeats it.
	command string
	// kept is where the runs of violations were written, if there are any.
	kept string
}

// prepare makes of flags and table what is to be explored.
func (f *exploreFlags) prepare(c *cobra.Command, p protocols.Protocol) (*explored, error) {
	known := append(p.Settings[:len(p.Settings):len(p.Settings)], p.Exploration.Settings...)
	chosen, _, err := settings.Split(f.set, known, nil)
	if err != nil {
		return nil, err
	}
	x := &explored{protocol: p, chosen: chosen, setup: p.Exploration.Setup(chosen)}
	if err := f.change(c.Flags(), &x.setup); err != nil {
		return nil, err
	}
	if err := p.Exploration.Check(x.setup); err != nil {
		return nil, exit.Misuse("explore %s: %w", p.Name, err)
	}
	if x.explorer, err = p.Exploration.System(x.setup, chosen); err != nil {
		return nil, exit.Misuse("explore %s: %w", p.Name, err)
	}
	if x.options, err = f.options(x.setup); err != nil {
		return nil, err
	}
	x.command = "assay explore " + p.Name + f.repeated(c.Flags())
	return x, nil
}

// progressLine is how far a search has come.
func progressLine(p explore.Progress) string {
	return fmt.Sprintf("explore  %s states, %s generated, depth %d, %s states/s",
		thousands(p.Unique), thousands(p.Generated), p.Depth, thousands(int(p.Rate())))
}

// thousands is a number with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	var parts []string
	for len(text) > 3 {
		parts = append([]string{text[len(text)-3:]}, parts...)
		text = text[:len(text)-3]
	}
	return strings.Join(append([]string{text}, parts...), ",")
}
