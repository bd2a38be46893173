package models_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/history"
)

// BenchmarkPorcupinesHistoriesOfEtcd judges porcupine's 103 recorded histories of
// etcd, explanations of the bad ones included, and tells how many times as long
// porcupine takes for its answer alone in the same run. Reading is not counted.
func BenchmarkPorcupinesHistoriesOfEtcd(b *testing.B) {
	paths, err := filepath.Glob(filepath.Join(recorded(b), "jepsen", "*.log"))
	if err != nil || len(paths) == 0 {
		b.Fatalf("%d histories, %v", len(paths), err)
	}
	var all []*history.History
	for _, path := range paths {
		h := read(b, path).History
		for i := range h.Ops {
			if op := &h.Ops[i]; op.F == "cas" && op.Type == history.Fail {
				op.Error = history.Mismatch
			}
		}
		all = append(all, h)
	}
	checker := linearizability.New(register.Type())
	began := time.Now()
	for b.Loop() {
		for _, h := range all {
			if _, err := checker.Check(b.Context(), h); err != nil {
				b.Fatal(err)
			}
		}
	}
	ours := time.Since(began) / time.Duration(b.N)
	began = time.Now()
	for _, h := range all {
		porcupine.CheckOperationsTimeout(etcd, operations(h), time.Minute)
	}
	b.ReportMetric(time.Since(began).Seconds()/ours.Seconds(), "porcupine/ours")
}

// etcd is the model of porcupine's own tests: a register with values as texts.
var etcd = porcupine.Model{
	Init: func() any { return "null" },
	Step: func(state, input, output any) (bool, any) {
		call := input.(history.Call)
		switch call.F {
		case "read":
			return call.Type != history.OK || output == state, state
		case "write":
			return true, call.In.String()
		}
		items, _ := call.In.Items()
		if same := items[0].String() == state; call.Type == history.Info || same == (call.Type == history.OK) {
			if same {
				return true, items[1].String()
			}
			return true, state
		}
		return false, state
	},
}

func operations(h *history.History) []porcupine.Operation {
	var ops []porcupine.Operation
	for _, call := range h.Calls() {
		end := int64(call.Complete)
		switch {
		case call.Type == history.Info:
			end = 1 << 40
		case call.Type == history.Fail && call.F != "cas":
			continue
		}
		ops = append(ops, porcupine.Operation{Input: call, Output: call.Out.String(), Call: int64(call.Invoke), Return: end})
	}
	return ops
}
