package liar

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
	"github.com/assaykit/assay/harness/history"
)

// Bench judges big histories of a kind of collection, without a fault and with one
// of each kind in the middle.
func Bench(b *testing.B, of object.Type, k Kind, sizes ...int) {
	for _, n := range sizes {
		for _, unknown := range []float64{0, 0.01} {
			load := Load{Kind: k, Operations: n, Clients: 10, Unknown: unknown, Seed: 1}
			h := load.History()
			run := func(name string, h *history.History, want checkers.Validity) {
				b.Run(fmt.Sprintf("operations=%d/unknown=%v/%s", n, unknown, name), func(b *testing.B) {
					cases.Measure(b, linearizability.New(of), h, want, of.Open)
				})
			}
			run("valid", h, checkers.Valid)
			for _, fault := range Faults {
				broken := &history.History{Ops: slices.Clone(h.Ops)}
				if fault.Plant(load, broken, n/2) {
					run(fault.Name, broken, checkers.Invalid)
				}
			}
		}
	}
}

// patience is how long a search may take.
const patience = 3 * time.Second

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
