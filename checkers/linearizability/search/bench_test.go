package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
)

// BenchmarkRegister judges registers that hold new values all the time, or one of
// five, at up to 100 clients, with up to one operation of a hundred of unknown
// outcome.
func BenchmarkRegister(b *testing.B) {
	for _, values := range []int{0, 5} {
		for _, clients := range []int{5, 10, 20, 100} {
			for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
				for _, info := range []float64{0, 0.01} {
					name := fmt.Sprintf("values=%d/clients=%d/operations=%d/info=%v", values, clients, operations, info)
					b.Run(name, func(b *testing.B) { judge(b, registers(values, clients, operations, info, false)) })
				}
			}
		}
	}
}

// BenchmarkViolation is the same with one wrong answer in the middle.
func BenchmarkViolation(b *testing.B) {
	for _, values := range []int{0, 5} {
		for _, clients := range []int{5, 10, 20} {
			for _, operations := range []int{1000, 10_000, 100_000} {
				name := fmt.Sprintf("values=%d/clients=%d/operations=%d", values, clients, operations)
				b.Run(name, func(b *testing.B) { judge(b, registers(values, clients, operations, 0, true)) })
			}
		}
	}
}

type operations struct {
	spec object.Spec
	ops  []object.Op
}

func registers(values, clients, n int, info float64, wrong bool) operations {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	c := &cells{register: newRegister(), values: values, kinds: "rw"}
	if values > 0 {
		c.kinds = "rwc"
	}
	ops := crowd{clients, n, info / 2, 0}.work(c, random)
	if wrong {
		spoil(c, ops)
	}
	return operations{exact{c.register}, ops}
}

// spoil lets a read in the middle find what had been overwritten shortly before
// it began.
func spoil(c *cells, ops []object.Op) {
	wrote := func(i int) bool { return c.acts[ops[i].Class].f == 'w' && !ops[i].Maybe }
	for i := len(ops) / 2; i < len(ops); i++ {
		if c.acts[ops[i].Class].f != 'r' || ops[i].Maybe {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			for k := j - 1; k >= 0 && wrote(j) && ops[j].End < ops[i].Start; k-- {
				if wrote(k) && ops[k].End < ops[j].Start && c.acts[ops[k].Class].new != c.acts[ops[j].Class].new {
					ops[i].Class = c.class(act{f: 'r', old: c.acts[ops[k].Class].new})
					return
				}
			}
		}
	}
}

func judge(b *testing.B, o operations) {
	b.ReportAllocs()
	var got search.Result
	began, runs := time.Now(), 0
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
		got = search.Run(ctx, o.spec, o.ops, 1<<30)
		cancel()
		runs++
	}
	took := time.Since(began) / time.Duration(runs)
	b.ReportMetric(float64(took.Nanoseconds())/float64(len(o.ops)), "ns/operation")
	b.ReportMetric(float64(got.Configurations)/float64(len(o.ops)), "configurations/operation")
	b.ReportMetric(float64(got.Outcome), []string{"undecided", "legal", "illegal", "too-big"}[got.Outcome])
	if len(o.ops) <= 10_000 {
		anchor(b, o, took)
	}
}

// anchor tells how many times as long porcupine takes, if it knows an answer within
// some seconds.
func anchor(b *testing.B, o operations, ours time.Duration) {
	ctx, cancel := context.WithTimeout(b.Context(), 3*time.Second)
	defer cancel()
	began := time.Now()
	switch oracle.Porcupine(ctx, o.spec, o.ops, 1<<30) {
	case object.Legal, object.Illegal:
		b.ReportMetric(time.Since(began).Seconds()/ours.Seconds(), "porcupine/ours")
	default:
		b.ReportMetric(1, "porcupine:unknown")
	}
}
