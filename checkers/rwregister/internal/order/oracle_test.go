package order

import (
	"slices"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// execution tries to run the transactions on a store, in all orders. It is straight from
// what the kinds and bases say, and knows of no arcs.
type execution struct {
	*registers.History
	kind        Kind
	base        Base
	begun, done []bool
	store       []int32 // who wrote each key last
	snapshots   [][]int32
}

func newExecution(h *registers.History, kind Kind, base Base) *execution {
	e := &execution{History: h, kind: kind, base: base, begun: make([]bool, len(h.Txns)), done: make([]bool, len(h.Txns)),
		store: make([]int32, h.Keys), snapshots: make([][]int32, len(h.Txns))}
	e.begun[registers.Initial], e.done[registers.Initial] = true, true
	return e
}

// possible says whether those that are not done can go on and be done.
func (e *execution) possible() bool {
	apart := e.kind == Snapshot || e.kind == Prefix
	for t := range e.Txns {
		if e.begun[t] || !e.ready(t) || !e.finds(&e.Txns[t]) {
			continue
		}
		e.begun[t], e.snapshots[t] = true, slices.Clone(e.store)
		if apart && e.possible() || !apart && e.commit(t) {
			return true
		}
		e.begun[t] = false
	}
	for t := range e.Txns {
		if e.begun[t] && !e.done[t] && e.commit(t) {
			return true
		}
	}
	return !slices.Contains(e.done, false)
}

// ready says that all those are done that come before a transaction by themselves.
func (e *execution) ready(t int) bool {
	for other := 1; other < len(e.Txns); other++ {
		if e.base == RealTime && e.Txns[other].Complete < e.Txns[t].Invoke && !e.done[other] {
			return false
		}
	}
	return e.base != Sessions || e.done[e.Txns[t].After]
}

// finds says that a transaction which begins now finds what it read.
func (e *execution) finds(txn *registers.Txn) bool {
	last := map[int32]int32{}
	for _, r := range txn.Reads {
		if last[r.Key] = r.From; !e.done[r.From] || e.kind < Cursor && e.store[r.Key] != r.From {
			return false
		}
	}
	for key, from := range last {
		if e.kind == Cursor && txn.Wrote(key) && !slices.Contains(txn.Unsure, key) && e.store[key] != from {
			return false
		}
	}
	return true
}

// commit lets a transaction write, and says whether the others can go on.
func (e *execution) commit(t int) bool {
	before := slices.Clone(e.store)
	for _, key := range e.Txns[t].Writes {
		if e.kind == Snapshot && before[key] != e.snapshots[t][key] {
			return false
		}
		e.store[key] = int32(t)
	}
	if e.done[t] = true; e.possible() {
		return true
	}
	e.store, e.done[t] = before, false
	return false
}
