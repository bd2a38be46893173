package liar

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
	"github.com/assaykit/assay/harness/history"
)

// Bench judges big histories of a kind of collection, all right or with a fault in
// the middle, and reports how long an operation takes and the bytes for it, and how
// many times as long porcupine needs for the same.
func Bench(b *testing.B, of object.Type, k Kind, sizes ...int) {
	for _, unknown := range []float64{0, 0.01} {
		for _, n := range sizes {
			load := Load{Kind: k, Operations: n, Clients: 10, Unknown: unknown, Seed: 1}
			h := load.History()
			b.Run(fmt.Sprintf("n=%d/unknown=%v/valid", n, unknown), func(b *testing.B) { bench(b, of, h, object.Legal) })
			for _, fault := range Faults {
				broken := &history.History{Ops: append([]history.Op(nil), h.Ops...)}
				if fault.Plant(load, broken, n/2) {
					b.Run(fmt.Sprintf("n=%d/unknown=%v/%s", n, unknown, fault.Name), func(b *testing.B) { bench(b, of, broken, object.Illegal) })
				}
			}
		}
	}
}

func bench(b *testing.B, of object.Type, h *history.History, want object.Outcome) {
	o, err := of.Open(history.KeyCalls{Calls: h.Calls()})
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	for b.Loop() {
		ops := o.(object.Normalizer).Normal(o.Ops())
		if got, _ := o.(object.Monitor).Monitor(ops); got != want {
			b.Fatalf("outcome %v, want %v", got, want)
		}
	}
	ours := time.Since(began) / time.Duration(b.N)
	runtime.ReadMemStats(&after)
	n := float64(len(o.Ops()))
	b.ReportMetric(float64(ours.Nanoseconds())/n, "ns/operation")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/n, "B/operation")
	anchor(b, o, ours)
}

const (
	// patience is how long porcupine is waited for.
	patience = 3 * time.Second
	// mostAnchored is how many operations it is asked about, for its memory grows
	// with their square.
	mostAnchored = 10_000
)

func anchor(b *testing.B, o object.Object, ours time.Duration) {
	if len(o.Ops()) > mostAnchored {
		return
	}
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	began := time.Now()
	if outcome := oracle.Porcupine(ctx, o, o.Ops(), 1<<30); outcome == object.Legal || outcome == object.Illegal {
		b.ReportMetric(time.Since(began).Seconds()/ours.Seconds(), "porcupine/ours")
	} else {
		b.ReportMetric(patience.Seconds()/ours.Seconds(), "porcupine/ours(at-least)")
	}
}

// BenchSearch lets the general engine decide about histories that the monitor would
// decide.
func BenchSearch(b *testing.B, of object.Type, k Kind) {
	for _, n := range []int{1_000, 10_000} {
		for _, unknown := range []float64{0, 0.01} {
			h := Load{Kind: k, Operations: n, Clients: 5, Unknown: unknown, Seed: 1}.History()
			b.Run(fmt.Sprintf("n=%d/unknown=%v", n, unknown), func(b *testing.B) {
				decided := 0
				for b.Loop() {
					o, err := of.Open(history.KeyCalls{Calls: h.Calls()})
					if err != nil {
						b.Fatal(err)
					}
					ctx, cancel := context.WithTimeout(b.Context(), patience)
					if search.Run(ctx, o, o.(object.Normalizer).Normal(o.Ops()), 1<<30).Outcome == object.Legal {
						decided++
					}
					cancel()
				}
				b.ReportMetric(float64(decided)/float64(b.N), "decided")
			})
		}
	}
}
