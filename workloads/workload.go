package workloads

import (
	"context"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// Workload is generator + final reads + checker.
type Workload interface {
	Name() string
	About() string
	// Settings are the keys of --set that the workload understands.
	Settings() []cluster.Setting
	// Supports returns nil if the client implements the data type that the
	// workload needs, otherwise an error that names it.
	Supports(c cluster.Client) error
	// Generator makes the operations of the main phase.
	Generator(cfg Config) (generator.Generator, error)
	// Final makes the operations of the last phase, given what was done: each
	// worker (one a node at least) executes the generator made for it until that
	// is exhausted. Workers run concurrently.
	Final(cfg Config, sofar *history.History, worker int) generator.Generator
	// Invoke executes an operation and returns the completion's value. The error
	// follows the data types' rule; history.Mismatch is returned as ErrMismatch.
	Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error)
	// Checker judges the history of a run with this configuration.
	Checker(cfg Config) (checkers.Checker, error)
}

// Config is what a user chose for a workload.
type Config struct {
	Seed int64
	// Settings are validated key=value pairs; absent keys mean the default.
	Settings map[string]string
	// Workers is how many clients work at a time.
	Workers int
	// Clients is how many there are, those of the final reads included: a client
	// goes on under a process number that is larger by so much after an operation of
	// unknown outcome. 0 is not known.
	Clients int
	// Duration is how long the main phase will last.
	Duration time.Duration
}
