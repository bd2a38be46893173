package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/harness/history"
)

// BenchmarkQueue judges a valid run with one operation of unknown outcome in a
// hundred, and a complete drain.
func BenchmarkQueue(b *testing.B) {
	for _, operations := range []int{1_000, 10_000, 100_000, 1_000_000} {
		h := good(operations, 0.01, 1)
		for name, options := range map[string][]delivery.Option{
			"fifo": nil, "perproducer": {delivery.PerProducer()}, "perconsumer": {delivery.PerConsumer()}, "unordered": {delivery.Unordered()},
		} {
			b.Run(fmt.Sprint("order=", name, "/operations=", operations), func(b *testing.B) {
				measure(b, delivery.New(delivery.ExactlyOnce, options...), h, checkers.Valid)
			})
		}
	}
}

// BenchmarkReordered judges a run in which every mutation happened once.
func BenchmarkReordered(b *testing.B) {
	h := good(100_000, 0, 1)
	var receives []history.Call
	for _, call := range h.Calls() {
		if call.F == "receive" && !call.Out.IsNil() {
			receives = append(receives, call)
		}
	}
	random := rand.New(rand.NewPCG(1, 4))
	for _, m := range mutations[:6] {
		m.spoil(h, receives, 40+random.IntN(len(receives)-40))
	}
	measure(b, delivery.New(delivery.ExactlyOnce), h, checkers.Invalid)
}

// BenchmarkAcknowledged judges a run of a queue whose consumers acknowledge.
func BenchmarkAcknowledged(b *testing.B) {
	measure(b, delivery.New(delivery.AtLeastOnce, delivery.PerConsumer()), withAcks(rand.New(rand.NewPCG(1, 6)), good(100_000, 0, 1)), checkers.Valid)
}

func measure(b *testing.B, c checkers.Checker, h *history.History, want checkers.Validity) {
	calls := len(h.Calls())
	b.ReportAllocs()
	for b.Loop() {
		if v := check(b, c, h); v.Validity != want {
			b.Fatal(v.Reason)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(calls), "ns/op-of-history")
}
