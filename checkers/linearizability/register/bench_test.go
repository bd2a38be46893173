package register_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/history"
)

// BenchmarkMonitor judges registers by their blocks, valid ones and ones with one
// stale read in the middle, and tells how many times as long porcupine takes on the
// same operations in the same run, if it knows an answer within some seconds.
func BenchmarkMonitor(b *testing.B) {
	for _, kinds := range []string{"rw", "rwc"} {
		for _, clients := range []int{5, 20, 100} {
			for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
				for _, stale := range []bool{false, true} {
					name := fmt.Sprintf("kinds=%s/clients=%d/operations=%d/stale=%v", kinds, clients, operations, stale)
					b.Run(name, func(b *testing.B) { judge(b, load{kinds, clients, operations, 0.01, stale}.calls()) })
				}
			}
		}
	}
}

// load are clients that work on a register without pause. A hundredth of writes
// and so on may be of unknown outcome. If stale, a read in the middle finds what had
// been overwritten before it began.
type load struct {
	kinds               string
	clients, operations int
	info                float64
	stale               bool
}

type worker struct {
	busy, acted bool
	call        int
}

func (l load) calls() history.KeyCalls {
	random := rand.New(rand.NewPCG(5, uint64(l.operations)))
	workers := make([]worker, l.clients)
	calls := make([]history.Call, 0, l.operations)
	holds, last, busy := history.Value{}, 0, 0
	for now := 0; len(calls) < l.operations || busy > 0; now++ {
		w := &workers[random.IntN(l.clients)]
		switch {
		case !w.busy && len(calls) < l.operations:
			*w = worker{busy: true, call: len(calls)}
			last++
			calls = append(calls, l.invoke(random, holds, last))
			call := &calls[w.call]
			call.Invoke, call.Start, call.Complete, call.End = now, time.Duration(now), -1, history.Never
			busy++
		case w.busy && !w.acted:
			w.acted = true
			effect(&calls[w.call], &holds)
		case w.busy:
			w.busy = false
			busy--
			call := &calls[w.call]
			if call.Complete, call.End = now, time.Duration(now); call.F != "read" && random.Float64() < l.info {
				call.Type, call.End = history.Info, history.Never
			}
		}
	}
	if l.stale {
		makeStale(calls)
	}
	return history.KeyCalls{Calls: calls}
}

func (l load) invoke(random *rand.Rand, holds history.Value, last int) history.Call {
	switch l.kinds[random.IntN(len(l.kinds))] {
	case 'r':
		return history.Call{F: "read"}
	case 'c':
		if old, found := holds.Int(); found {
			return history.Call{F: "cas", In: history.Ints(old, last)}
		}
	}
	return history.Call{F: "write", In: history.Int(last)}
}

func effect(call *history.Call, holds *history.Value) {
	call.Type = history.OK
	switch call.F {
	case "read":
		call.Out = *holds
	case "write":
		*holds = call.In
	default:
		items, _ := call.In.Items()
		if !items[0].Equal(*holds) {
			call.Type, call.Error = history.Fail, history.Mismatch
			return
		}
		*holds = items[1]
	}
}

func makeStale(calls []history.Call) {
	wrote := func(i int) bool { return calls[i].F == "write" && calls[i].Type == history.OK }
	for i := len(calls) / 2; i < len(calls); i++ {
		for j := i - 1; j >= 0 && calls[i].F == "read"; j-- {
			for k := j - 1; k >= 0 && wrote(j) && calls[j].Complete < calls[i].Invoke; k-- {
				if wrote(k) && calls[k].Complete < calls[j].Invoke {
					calls[i].Out = calls[k].In
					return
				}
			}
		}
	}
}

func judge(b *testing.B, k history.KeyCalls) {
	b.ReportAllocs()
	began, runs := time.Now(), 0
	var outcome object.Outcome
	for b.Loop() {
		outcome = decide(b, k)
		runs++
	}
	took := time.Since(began) / time.Duration(runs)
	b.ReportMetric(float64(took.Nanoseconds())/float64(len(k.Calls)), "ns/operation")
	b.ReportMetric(float64(outcome), []string{"undecided", "legal", "illegal"}[outcome])
	if len(k.Calls) <= 10_000 {
		anchor(b, k, took)
	}
}

func decide(b *testing.B, k history.KeyCalls) object.Outcome {
	o, err := register.Type().Open(k)
	if err != nil {
		b.Fatal(err)
	}
	outcome, _ := o.(object.Monitor).Monitor(o.(object.Normalizer).Normal(o.Ops()))
	return outcome
}

func anchor(b *testing.B, k history.KeyCalls, ours time.Duration) {
	o, err := register.Type().Open(k)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 3*time.Second)
	defer cancel()
	began := time.Now()
	switch oracle.Porcupine(ctx, o, o.Ops(), 1<<30) {
	case object.Legal, object.Illegal:
		b.ReportMetric(time.Since(began).Seconds()/ours.Seconds(), "porcupine/ours")
	default:
		b.ReportMetric(1, "porcupine:unknown")
	}
}
