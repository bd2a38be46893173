package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/catalogue"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
)

func newCatalogueCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "catalogue",
		Short: "Known mistakes and known-good systems, and whether Assay tells them apart",
		Long: `Catalogue lists experiments whose verdict is known: systems with a known mistake,
which have to come out invalid, and systems without, which have to stay valid.
'assay catalogue run' tries them over many seeds.`,
		Example: `  assay catalogue
  assay catalogue run demo-stale-reads --seeds 1..10
  assay catalogue run --seeds 1..10 --at-once 2       # all of it: hours`,
	}
	group(c, newCatalogueListCmd(), newCatalogueShowCmd(), newCatalogueRunCmd())
	c.RunE = func(c *cobra.Command, _ []string) error { return listCatalogue(c.OutOrStdout()) }
	return c
}

func newCatalogueListCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the experiments, as 'assay catalogue' alone does",
		Example: "  assay catalogue list",
		Args:    between(0, 0),
		RunE:    func(c *cobra.Command, _ []string) error { return listCatalogue(c.OutOrStdout()) },
	}
}

func listCatalogue(out io.Writer) error {
	var lines [][]string
	for _, row := range catalogue.Rows() {
		lines = append(lines, []string{row.ID, row.Must(), row.About})
	}
	if err := table(out, lines); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nPublished findings that are not here, and why:")
	for _, a := range catalogue.Missing() {
		if _, err := fmt.Fprintf(out, "- %s (%s): %s\n", a.Finding, a.Source, a.Why); err != nil {
			return err
		}
	}
	return nil
}

func newCatalogueShowCmd() *cobra.Command {
	return &cobra.Command{
		Use:               "show ID...",
		Short:             "Tell all that is known of experiments",
		Example:           "  assay catalogue show etcd-serializable",
		Args:              between(1, math.MaxInt),
		ValidArgsFunction: completeExperiment,
		RunE: func(c *cobra.Command, ids []string) error {
			rows, unknown := catalogue.Find(ids)
			if unknown != "" {
				return exit.Misuse("%s; see 'assay catalogue'", suggest.Unknown("experiment", unknown, catalogueIDs()))
			}
			for _, row := range rows {
				if err := showExperiment(c.OutOrStdout(), row); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func showExperiment(out io.Writer, row catalogue.Row) error {
	must := row.Must()
	if len(row.Findings) > 0 {
		must += ": " + strings.Join(row.Findings, " or ")
	}
	_, err := fmt.Fprintf(out, "%s\n  %s\n  run      assay test %s\n  must be  %s\n", row.ID, row.About, row.Command(), must)
	if err == nil && row.Source != "" {
		_, err = fmt.Fprintf(out, "  source   %s\n", row.Source)
	}
	return err
}

func newCatalogueRunCmd() *cobra.Command {
	var seeds, into string
	var atOnce int
	c := &cobra.Command{
		Use:   "run [ID...]",
		Short: "Try experiments over seeds and print a table (Markdown)",
		Example: `  assay catalogue run demo-stale-reads --seeds 1..10
  assay catalogue run etcd etcd-serializable --seeds 1..10`,
		Args:              positive,
		ValidArgsFunction: completeExperiment,
		RunE: func(c *cobra.Command, ids []string) error {
			rows, unknown := catalogue.Find(ids)
			if unknown != "" {
				return exit.Misuse("%s; see 'assay catalogue'", suggest.Unknown("experiment", unknown, catalogueIDs()))
			}
			numbers, err := parseSeeds(seeds)
			if err != nil {
				return exit.Misuse("--seeds %s: %w", seeds, err)
			}
			return tryCatalogue(c, rows, numbers, atOnce, into)
		},
	}
	c.Flags().StringVar(&seeds, "seeds", "1..10", "which seeds, as in 1..10 or 3,5")
	c.Flags().IntVar(&atOnce, "at-once", 1, "how many runs at a time")
	c.Flags().StringVar(&into, "results", "results", "directory for the runs, one folder an experiment")
	return c
}

// tryCatalogue runs this program once for each row and seed: a run that brings
// down its process is then one bad line, not the end of all.
func tryCatalogue(c *cobra.Command, rows []catalogue.Row, seeds []int64, atOnce int, into string) error {
	ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "stopping the runs")
	defer stop()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	run := func(ctx context.Context, row catalogue.Row, seed int64) (catalogue.Outcome, error) {
		folder := filepath.Join(into, row.ID, fmt.Sprint("seed-", seed))
		args := append([]string{"test"}, row.Args...)
		args = append(args, "--seed", strconv.FormatInt(seed, 10), "--quiet-progress", "--results", folder)
		code, why, err := execute(ctx, self, args)
		if err != nil || code != exit.Invalid {
			return catalogue.Outcome{Code: code, Seen: -1, Why: why}, err
		}
		return catalogue.Look(filepath.Join(folder, "latest"), code)
	}
	attempts, err := catalogue.Try(ctx, rows, seeds, atOnce, run, c.ErrOrStderr())
	if tableErr := catalogue.Table(c.OutOrStdout(), rows, attempts); err == nil {
		err = tableErr
	}
	if ctx.Err() != nil {
		return errors.New("interrupted: the table has the runs that had come to their end")
	}
	if err != nil {
		return err
	}
	return asExpected(attempts)
}

// asExpected says that all runs were; that some could not take place says nothing about
// the systems.
func asExpected(attempts []catalogue.Attempt) error {
	code := exit.Valid
	for _, a := range attempts {
		switch {
		case a.Code > exit.Unknown:
			return exit.As(exit.Infrastructure)
		case !a.AsExpected():
			code = exit.Invalid
		}
	}
	return exit.As(code)
}

// execute runs a program, and tells its exit code and what it complained of, if it did.
// When the context ends it is asked to stop in order, as by Ctrl-C: once. It has a process
// group of its own because a terminal sends Ctrl-C to everybody in the group, and a second
// one means to leave everything behind.
func execute(ctx context.Context, program string, args []string) (code int, why string, err error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 2 * time.Minute
	err = cmd.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return ended.ExitCode(), complaint(said.String()), nil
	}
	return 0, "", err
}

// complaint is the line in which a program of ours says why it ended as it did.
func complaint(said string) string {
	for line := range strings.Lines(said) {
		if why, ok := strings.CutPrefix(line, "assay: "); ok {
			return strings.TrimSpace(why)
		}
	}
	return ""
}

// parseSeeds reads "1..10" or "3,5,8".
func parseSeeds(text string) ([]int64, error) {
	if first, last, ok := strings.Cut(text, ".."); ok {
		return seedRange(first, last)
	}
	var seeds []int64
	for _, word := range strings.Split(text, ",") {
		seed, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a seed; write 1..10 or 3,5,8", word)
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

func seedRange(first, last string) ([]int64, error) {
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not a seed; write 1..10 or 3,5,8", first)
	}
	to, err := strconv.ParseInt(last, 10, 64)
	if err != nil || to < from || to-from >= 10_000 {
		return nil, fmt.Errorf("%q does not end a range of at most 10,000 seeds from %d", last, from)
	}
	var seeds []int64
	for seed := from; seed <= to; seed++ {
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

func catalogueIDs() []string {
	var ids []string
	for _, row := range catalogue.Rows() {
		ids = append(ids, row.ID)
	}
	return ids
}
