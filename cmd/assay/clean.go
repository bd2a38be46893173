package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/local"
	"github.com/assaykit/assay/harness/owner"
)

func newCleanCmd() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "clean",
		Short: "Remove what dead runs left behind",
		Long: `Clean removes everything that Assay's runs left on this machine and that no live
run owns: containers, networks, child processes, folders with the state of
nodes. A clock that was changed goes with its container. It leaves results and images alone, and everything that is not Assay's.`,
		Example: `  assay clean --dry-run
  assay clean`,
		Args: between(0, 0),
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "say what is there and remove nothing")
	c.RunE = func(c *cobra.Command, _ []string) error {
		ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "stopping")
		defer stop()
		if dry {
			return leftovers(ctx, c.OutOrStdout())
		}
		return clean(ctx, c.OutOrStdout())
	}
	return c
}

// clean does all it can, whatever of it fails, except that the folders of runs
// stay until the rest has gone: they tell which processes are a run's.
func clean(ctx context.Context, out io.Writer) error {
	err := errors.Join(cleanDocker(ctx, out), local.Clean(owner.Alive, out))
	if err == nil {
		err = cleanFolders(out)
	}
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	return nil
}

// cleanDocker has nothing to do where there is no engine.
func cleanDocker(ctx context.Context, out io.Writer) error {
	engine, err := connect(ctx, out)
	if engine == nil {
		return err
	}
	defer engine.Close()
	removed, err := engine.Clean(ctx, owner.Alive, out)
	fmt.Fprintf(out, "docker: %d removed\n", removed)
	return err
}

// connect returns nil, and no error, if there is no engine.
func connect(ctx context.Context, out io.Writer) (*docker.Engine, error) {
	engine, err := docker.Connect(ctx)
	if errors.Is(err, docker.ErrNoEngine) {
		fmt.Fprintln(out, "docker: no engine in reach")
		return nil, nil
	}
	return engine, err
}

func cleanFolders(out io.Writer) error {
	stale, err := owner.Stale()
	errs := []error{err}
	removed := 0
	for _, run := range stale {
		if err := owner.Remove(run); err != nil {
			errs = append(errs, err)
			continue
		}
		removed++
		fmt.Fprintf(out, "removed the folder of run %s\n", run)
	}
	fmt.Fprintf(out, "folders: %d removed\n", removed)
	return errors.Join(errs...)
}

// leftovers says what clean would remove.
func leftovers(ctx context.Context, out io.Writer) error {
	engine, err := connect(ctx, out)
	if err != nil {
		return err
	}
	if engine != nil {
		defer engine.Close()
		if err := dockerLeftovers(ctx, engine, out); err != nil {
			return err
		}
	}
	stale, err := owner.Stale()
	for _, run := range stale {
		fmt.Fprintf(out, "folder of run %s, and its processes if there are any\n", run)
	}
	return err
}

func dockerLeftovers(ctx context.Context, engine *docker.Engine, out io.Writer) error {
	found, err := engine.Leftovers(ctx)
	for _, l := range found {
		if !owner.Alive(l.Run) {
			fmt.Fprintf(out, "%s %s of run %s\n", l.Kind, l.Name, l.Run)
		}
	}
	return err
}
