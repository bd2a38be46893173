// Package checkers judges histories. A checker is a function of the history
// alone: it says whether a promise was kept, and shows the smallest reason if
// not. The promises themselves are in the packages below this one.
package checkers

import (
	"context"

	"github.com/assaykit/assay/harness/history"
)

// Validity is a three-valued judgement; its zero value is Unknown.
type Validity uint8

const (
	Unknown Validity = iota
	Valid
	Invalid
)

// Verdict is what a checker found.
type Verdict struct {
	// Checker names who judged.
	Checker  string   `json:"checker"`
	Validity Validity `json:"validity"`
	// Reason is one sentence in plain words. A Valid verdict says what was
	// proved ("2,413 operations on 24 keys are linearizable").
	Reason string `json:"reason"`
	// Findings are the anomalies, the gravest first. An Invalid verdict has at
	// least one.
	Findings []Finding `json:"findings,omitempty"`
	// Stats are figures worth showing, in order.
	Stats []Stat `json:"stats,omitempty"`
	// Faults are what the system went through, if the verdict is on a whole run.
	Faults []history.Coverage `json:"faults,omitempty"`
	// Parts are the verdicts that this one was merged from.
	Parts []Verdict `json:"parts,omitempty"`
}

// Finding is one named anomaly.
type Finding struct {
	// Anomaly is its name, such as stale-read, lost, duplicated.
	Anomaly string `json:"anomaly"`
	Key     string `json:"key,omitempty"`
	// Text explains it in plain words: operations, times, processes, and why no
	// order of them works.
	Text string `json:"text"`
	// Culprits are the invocation indexes of the operations that contradict each
	// other, such as the stale read and the write it missed.
	Culprits []int `json:"culprits,omitempty"`
	// Context are the invocation indexes of further operations that a reader
	// needs to follow, in order of time; it includes the culprits.
	Context []int `json:"context,omitempty"`
	// Cycle is why each of some operations comes before the next and the last before
	// the first, if that is what is wrong.
	Cycle []Dependency `json:"cycle,omitempty"`
}

// Dependency is why one operation comes before another one. Operations are given by
// their invocation indexes.
type Dependency struct {
	From int `json:"from"`
	To   int `json:"to"`
	// Kind is ww, wr, rw, session or realtime.
	Kind string `json:"kind"`
	// Why says it in words.
	Why string `json:"why"`
}

// Stat is a named figure with its unit, as text for people.
type Stat struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Checker judges a history. The context carries the budget of time: a checker
// that runs out of it returns Unknown and the reason, not an error. An error
// means that the checker itself failed, which is no verdict.
type Checker interface {
	Name() string
	About() string
	Check(ctx context.Context, h *history.History) (Verdict, error)
}
