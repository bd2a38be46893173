// Package harness runs a test from nothing to a verdict: set up, load under
// faults, heal, final reads, collect, check, report, tear down.
package harness

import (
	"context"
	"io"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/workloads"
)

// Test is a run before it happens: a value. The zero of every number and
// duration means its default.
type Test struct {
	Target   cluster.Target
	Workload workloads.Workload
	// Nemesis is what breaks; the zero value breaks nothing.
	Nemesis nemesis.Spec
	// Script says when what breaks, in place of chance; Nemesis then are its faults.
	Script nemesis.Script
	// Start makes the cluster: (*docker.Engine).Start or local.Start.
	Start cluster.Starter

	Nodes       int     // 3
	Concurrency int     // two clients a node, at least 6
	Rate        float64 // operations a second over all clients; 200
	Duration    time.Duration
	OpTimeout   time.Duration
	// Hold is how long a fault lasts, Quiet how long nothing is broken between
	// two faults; both vary by half, and are shorter where not every family would have
	// its turn.
	Hold, Quiet time.Duration
	// Fixed makes them last exactly so long, and Overlap says how often two families
	// strike at once.
	Fixed   bool
	Overlap nemesis.Overlap
	// Settle is how long to wait after the cluster is ready again before the
	// final reads.
	Settle time.Duration
	// Budget is how long the checkers may take.
	Budget time.Duration
	Seed   int64
	// Demands are what the system has to achieve beyond being right.
	Demands availability.Demands

	// Steps take the place of the schedule that the seed stands for, if not nil.
	Steps []nemesis.Step
	// Feed makes what hands out the operations, and Final what a worker does last;
	// nil leaves both to the workload.
	Feed  func(of generator.Generator, rate float64) Feed
	Final func(of generator.Generator, worker int) generator.Generator

	Image            string
	TargetSettings   map[string]string
	WorkloadSettings map[string]string

	// Results is the directory that gets the run's directory.
	Results string
	// Provenance holds what only the caller knows for run.json: command line,
	// engine, machine. The harness fills in the rest.
	Provenance results.Run
	// Log gets lines on what happens outside of the history; nil is none.
	Log io.Writer

	// Progress is called from one goroutine at least once a second; nil is none.
	Progress func(Progress)
}

// Feed hands out operations to clients, which are numbered from 0: it waits until
// it is time for the next one, and returns false when there are no more or the
// context has ended.
type Feed interface {
	Take(ctx context.Context, client int) (history.Op, bool)
}

// Progress is what a run is doing now.
type Progress struct {
	Phase string
	// Elapsed and Remaining are of the whole run; Remaining is an estimate.
	Elapsed, Remaining time.Duration
	// OK, Failed and Unknown count completed operations, PerSecond the rate over
	// the last seconds.
	OK, Failed, Unknown int
	PerSecond           float64
	// Faults are those in force, for people: "partition leader n2 | n1 n3".
	Faults []string
}

// Outcome is a run after it happened.
type Outcome struct {
	// Dir is the run's directory.
	Dir     string
	Run     results.Run
	Verdict checkers.Verdict
	// Notice tells what a reader of the stored history should know, such as that
	// its last line was torn; empty if there is nothing to notice.
	Notice string
}
