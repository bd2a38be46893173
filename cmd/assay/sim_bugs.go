package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness/sim/hunt"
)

// mostTried is how many seeds a mistake gets.
const mostTried = 500

// findBugs finds every deliberate mistake of the demo, and prints how long that
// took.
func (f *simFlags) findBugs(c *cobra.Command, args []string) error {
	if name := targetName(args); name != "demo" {
		return exit.Misuse("--bugs: %s has no deliberate mistakes of its own here; the demo has", name)
	}
	if err := onlyForBugs(c.Flags()); err != nil {
		return err
	}
	target, err := findSimulated("demo")
	if err != nil {
		return err
	}
	if !c.Flags().Changed("seed") {
		f.seed = someSeed()
	}
	ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "ending the runs that have begun")
	defer stop()
	out := c.OutOrStdout()
	fmt.Fprintf(out, "seeds from %d on\n\n%s", f.seed, f.bugsHead())
	missed := 0
	for _, q := range hunt.All() {
		if ctx.Err() != nil {
			break
		}
		caught := q.Hunt(ctx, target, f.seed, mostTried, f.workers)
		if caught.Outcome == nil {
			missed++
		}
		tellCatch(out, caught, f.shrink.column(ctx, target, caught.Outcome))
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted before all mistakes were looked for")
	case missed > 0:
		return exit.As(exit.Invalid)
	}
	return nil
}

// onlyForBugs rejects what --bugs would not obey: each mistake has the workload, the
// faults and the size of cluster with which it is looked for.
func onlyForBugs(flags *pflag.FlagSet) error {
	obeyed := []string{"bugs", "seed", "workers", "no-shrink", "shrink-budget", "quiet-progress"}
	var wrong error
	flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(obeyed, flag.Name) {
			wrong = exit.Misuse("--bugs decides that itself for each mistake; leave out --%s", flag.Name)
		}
	})
	return wrong
}

func (f *simFlags) bugsHead() string {
	if f.shrink.not {
		return "| mistake | workload, nemesis | seeds tried | after | verdict |\n|---|---|---|---|---|\n"
	}
	return "| mistake | workload, nemesis | seeds tried | after | made smaller, by the same anomaly | verdict |\n|---|---|---|---|---|---|\n"
}

func tellCatch(out io.Writer, c hunt.Catch, smaller string) {
	verdict := fmt.Sprintf("not found with %d seeds", c.Tried)
	if c.Outcome != nil {
		verdict = strings.ReplaceAll(c.Outcome.Verdict.Reason, "|", `\|`)
	}
	fmt.Fprintf(out, "| `%s` | %s, %s | %d | %s | %s%s |\n", c.Bug, c.Workload, c.Nemesis, c.Tried, c.Took.Round(10*time.Millisecond), smaller, verdict)
}
