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

// BenchSearch tells how often the general engine alone decides in time, and how often
// the monitor does if there are only so many values.
func BenchSearch(b *testing.B, of object.Type, k Kind) {
	for _, n := range []int{1_000, 10_000} {
		for _, unknown := range []float64{0, 0.01} {
			for _, values := range []int{0, 5, 100} {
				load := Load{Kind: k, Operations: n, Clients: 5, Unknown: unknown, Values: values}
				b.Run(fmt.Sprintf("operations=%d/unknown=%v/values=%d", n, unknown, values), func(b *testing.B) { load.decide(b, of) })
			}
		}
	}
}

func (l Load) decide(b *testing.B, of object.Type) {
	monitored, searched := 0, 0
	for b.Loop() {
		l.Seed++
		o, err := of.Open(history.KeyCalls{Calls: l.History().Calls()})
		if err != nil {
			b.Fatal(err)
		}
		ops := o.(object.Normalizer).Normal(o.Ops())
		if outcome, _ := o.(object.Monitor).Monitor(ops); outcome == object.Legal {
			monitored++
		}
		ctx, cancel := context.WithTimeout(b.Context(), patience)
		if search.Run(ctx, o, ops, 1<<30).Outcome == object.Legal {
			searched++
		}
		cancel()
	}
	b.ReportMetric(float64(monitored)/float64(b.N), "monitored")
	b.ReportMetric(float64(searched)/float64(b.N), "searched")
}
