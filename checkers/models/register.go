package models

import "github.com/assaykit/assay/harness/history"

// FailedCompareAndSet is the key of the setting that says what a failed
// compare-and-set tells.
const FailedCompareAndSet = "failed-cas"

var failedCompareAndSet = Setting{
	Key: FailedCompareAndSet, Default: "as-recorded", About: "what a failed compare-and-set tells",
	Choices: []Choice{
		{"as-recorded", "that it had no effect; that the values differed only if its error is " + history.Mismatch},
		{"mismatch", "that the values differed at some moment of the call: no other failure was recorded as certain"},
	},
}

func registers(h *history.History, o Options) *history.History {
	if o.of(failedCompareAndSet) != history.Mismatch {
		return h
	}
	for i := range h.Ops {
		if op := &h.Ops[i]; op.F == "cas" && op.Type == history.Fail && op.Process != history.Nemesis {
			op.Error = history.Mismatch
		}
	}
	return h
}
