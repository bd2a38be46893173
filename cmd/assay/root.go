package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
)

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCmd()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if message := exit.Message(err); message != "" {
		fmt.Fprintln(stderr, message)
	}
	return exit.Code(err)
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "Put a distributed system to the proof",
		Long: `Assay starts a cluster of the system under test, lets clients work on it while
a nemesis breaks things, records every operation, and decides from that history
alone whether the system kept its promises.

` + exit.Table,
		Example: `  assay test                                        # the built-in demo
  assay test etcd --nemesis partition,kill --time 60s
  assay test demo --set bug=follower-reads          # watch it fail
  assay check latest                                # judge the same history again`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(flagError)
	group(root,
		newSimCmd(),
		newCertifyCmd(),
		newTestCmd(), newExploreCmd(), newCheckCmd(), newCompareCmd(), newAcceptCmd(), newServeCmd(), newReportCmd(), newExportCmd(), newListCmd(), newDoctorCmd(),
		newCatalogueCmd(), newClientCmd(), newCleanCmd(), newImageCmd(), newVersionCmd(), newNodeCmd())
	return root
}

// group makes a command that only has subcommands: alone it shows its help, and
// an unknown subcommand is a usage error.
func group(parent *cobra.Command, children ...*cobra.Command) {
	parent.AddCommand(children...)
	parent.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	parent.Args = noSuchCommand
}

// noSuchCommand are the arguments of a command with subcommands: whatever is left
// names none of them.
func noSuchCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return exit.Misuse("%s; see '%s --help'", suggest.Unknown("command", args[0], commandNames(c)), c.CommandPath())
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, child.Name())
		}
	}
	return names
}
