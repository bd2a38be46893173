package lock_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

func BenchmarkLocks(b *testing.B) {
	for _, of := range []struct {
		name    string
		of      object.Type
		permits int
	}{{"mutex", lock.Mutex(), 1}, {"semaphore", lock.Semaphore(3), 3}, {"tokens", lock.Tokens(), 1}} {
		for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
			h := crowd{10, operations, of.permits, 0.01, 1}.work()
			b.Run(fmt.Sprintf("%s/operations=%d/valid", of.name, operations), func(b *testing.B) {
				cases.Measure(b, linearizability.New(of.of), h, checkers.Valid, of.of.Open)
			})
			b.Run(fmt.Sprintf("%s/operations=%d/invalid", of.name, operations), func(b *testing.B) {
				cases.Measure(b, linearizability.New(of.of), broken(h), checkers.Invalid, of.of.Open)
			})
		}
	}
}

// broken are the same operations, but for an intruder in the middle who acquires as
// often as any permits allow and once more, always with the same token.
func broken(h *history.History) *history.History {
	ops := slices.Clone(h.Ops)
	for i := len(ops) / 2; ; i++ {
		if ops[i].F == "acquire" && ops[i].Type == history.OK {
			intruder := []history.Op{{Process: 1 << 30, F: "acquire"}, {Process: 1 << 30, F: "acquire", Type: history.OK, Value: history.Int(-1)}}
			ops = slices.Concat(ops[:i+1], intruder, intruder, intruder, ops[i+1:])
			break
		}
	}
	for i := range ops {
		ops[i].Index = i
	}
	return &history.History{Ops: ops}
}
