package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/doctor"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/local"
	"github.com/assaykit/assay/harness/targets/demo"
)

func newDoctorCmd() *cobra.Command {
	var folder string
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what this machine can do, and why not more",
		Long: `Doctor looks for a Docker engine, tries which faults can be injected on each
runtime by injecting them into what it makes for that, and says by which mechanism
that is done, which privileges it needs, and why the others cannot. It ends with
exit code 0 if clusters can run here at all and with 3 otherwise.`,
		Example: `  assay doctor
  assay doctor --json`,
		Args: between(0, 0),
	}
	resultsFlag(c, &folder)
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "stopping, and removing what was made to look")
		defer stop()
		findings := examine(ctx, folder)
		if ctx.Err() != nil {
			return errors.New("interrupted before everything was tried")
		}
		print := findings.Print
		if asJSON {
			print = findings.PrintJSON
		}
		if err := print(c.OutOrStdout()); err != nil {
			return err
		}
		return findings.Err()
	}
	return c
}

func examine(ctx context.Context, folder string) doctor.Findings {
	found, aids := examineDocker(ctx)
	return doctor.Findings{
		Runtimes: []doctor.Runtime{found, examineLocal(ctx)},
		Aids:     append(aids, doctor.Toolchain(ctx), doctor.Disk(folder)),
	}
}

func examineDocker(ctx context.Context) (doctor.Runtime, []doctor.Aid) {
	engine, err := docker.Connect(ctx)
	if err != nil {
		return doctor.Runtime{Name: "docker", Err: err}, nil
	}
	defer engine.Close()
	found := doctor.Runtime{Name: "docker", About: engine.About(), Capabilities: engine.Probe(ctx), Mechanisms: docker.Mechanisms()}
	return found, []doctor.Aid{examineNetworkOnly(ctx, engine)}
}

// examineNetworkOnly tries what the agents of --agent network-only could do.
func examineNetworkOnly(ctx context.Context, engine *docker.Engine) doctor.Aid {
	found, err := engine.ProbeNetworkOnly(ctx)
	return doctor.NetworkOnly(found, err)
}

func examineLocal(ctx context.Context) doctor.Runtime {
	found, err := tryLocally(ctx)
	return doctor.Runtime{Name: "local", About: "child processes on loopback", Err: err, Capabilities: found, Mechanisms: local.Mechanisms()}
}

// tryLocally does to a throw-away cluster of the demo what can be done to it.
func tryLocally(ctx context.Context) (found cluster.Capabilities, err error) {
	made, err := local.Start(ctx, cluster.Options{
		Run: fmt.Sprintf("doctor-%d", os.Getpid()), Target: demo.New(), Config: cluster.Config{Nodes: 2},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, made.Close(context.WithoutCancel(ctx))) }()
	return doctor.Try(ctx, made), nil
}
