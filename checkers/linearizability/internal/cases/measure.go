package cases

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

const (
	// patience is how long porcupine is waited for, and memory what it may take.
	patience = 3 * time.Second
	memory   = 1 << 30
	// mostAnchored is how many operations it is asked about.
	mostAnchored = 10_000
)

// Measure tells what a verdict costs for each operation, from the calls to the
// words, and how many times as long porcupine takes for the same operations in the
// same run: 0 if it knows no answer in time. open reads a history as one object, nil
// if it has several.
func Measure(b *testing.B, by checkers.Checker, h *history.History, want checkers.Validity, open func(history.KeyCalls) (object.Object, error)) {
	b.Helper()
	operations := float64(len(h.Calls()))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runs, began, busy := 0, time.Now(), cpu(b)
	for b.Loop() {
		v, err := by.Check(b.Context(), h)
		if err != nil || v.Validity != want {
			b.Fatalf("%v (%s), want %v; %v", v.Validity, v.Reason, want, err)
		}
		runs++
	}
	ours := time.Since(began) / time.Duration(runs)
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64((cpu(b)-busy).Nanoseconds())/float64(runs)/operations, "cpu-ns/operation")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(runs)/operations, "B/operation")
	if open != nil && operations <= mostAnchored {
		b.ReportMetric(anchor(b, h, open)/ours.Seconds(), "porcupine/ours")
	}
}

// cpu is how long the process has kept processors busy, which others on the same
// machine do not change.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// anchor is how many seconds porcupine takes, 0 if it finds no answer.
func anchor(b *testing.B, h *history.History, open func(history.KeyCalls) (object.Object, error)) float64 {
	o, err := open(history.KeyCalls{Calls: h.Calls()})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	began := time.Now()
	if outcome := oracle.Porcupine(ctx, o, o.Ops(), memory); outcome != object.Legal && outcome != object.Illegal {
		return 0
	}
	return time.Since(began).Seconds()
}
