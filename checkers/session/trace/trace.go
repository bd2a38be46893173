// Package trace reads a history of registers as what its sessions did: which
// operations certainly happened, by when, and which of them left what others
// found. It says only what follows from the answers and the order of lines, and
// judges no promise but one: that nothing was found which nobody had written.
package trace

import (
	"math"

	"github.com/assaykit/assay/harness/history"
)

const (
	// None is no operation, value or call.
	None = -1
	// Never is the time of what does not come.
	Never = math.MaxInt
)

// Kind is what an operation does to its register.
type Kind uint8

const (
	Read Kind = iota
	Write
	// CompareAndSet found one value and left another at the same moment.
	CompareAndSet
	// Mismatch is a compare-and-set that was refused: it found some other value.
	Mismatch
)

// Op is an operation that may have happened. Its times are places in the
// history: the order of lines is exact, even where the clock stood still.
type Op struct {
	Kind Kind
	// Acknowledged operations were answered; Certain ones happened, because they
	// were answered or because somebody found what they alone can have left.
	Acknowledged, Certain bool
	Session, Key          int32
	// Found is the value that a Read or CompareAndSet found, or that a Mismatch
	// did not find. Left is the value that a Write or CompareAndSet left. They are
	// None elsewhere.
	Found, Left int32
	// Call is its place among the trace's calls.
	Call int32
	// Start and End are when it was invoked and answered; End is Never if it was
	// not. Due is by when it certainly had its effect: when it was answered, or
	// when the first of those who found what it left had to have had theirs.
	Start, End, Due int
}

// Changes says whether the operation left a value.
func (o *Op) Changes() bool { return o.Left != None }

// Finds says whether the operation tells which value was there.
func (o *Op) Finds() bool { return o.Kind == Read || o.Kind == CompareAndSet }

// Value is one of a key's values. They are numbered over all keys, so that tables
// replace maps.
type Value struct {
	Key int32
	// Number is what was written. Initial is set for what a register holds before
	// its first write, which is found as null.
	Number  int
	Initial bool
	// Writers is how many operations may have left it, and Writer the first of
	// them to be invoked, or None.
	Writers, Writer int32
	// Finders is how many operations found it.
	Finders int32
	// Failed is a call that would have left it, but certainly had no effect, or
	// None.
	Failed int32
	// Unsound is set if somebody found it before anybody can have left it.
	Unsound bool
}

// Key is one register.
type Key struct {
	Name string
	// Initial is the value that stands for not having been written.
	Initial int32
	// Mismatches is how many compare-and-sets were refused.
	Mismatches int
}

// Trace is what the sessions of a history did.
type Trace struct {
	Calls []history.Call
	// Ops are in the order of their invocations. Operations without an effect or
	// an answer are left out: those that failed, and reads of unknown outcome.
	Ops    []Op
	Values []Value
	Keys   []Key
	// Sessions is how many there are.
	Sessions int
}

// Source is the operation that left a value, None for the initial one. It is not
// known if several can have left it, or none.
func (t *Trace) Source(value int32) (op int32, known bool) {
	v := &t.Values[value]
	switch {
	case v.Initial:
		return None, true
	case v.Writers == 1 && !v.Unsound:
		return v.Writer, true
	}
	return None, false
}

// Acknowledged is how many operations were answered.
func (t *Trace) Acknowledged() int {
	n := 0
	for i := range t.Ops {
		if t.Ops[i].Acknowledged {
			n++
		}
	}
	return n
}

// Obscure is how many operations found values whose writer cannot be told.
func (t *Trace) Obscure() int {
	n := 0
	for i := range t.Ops {
		op := &t.Ops[i]
		if op.Finds() && op.Certain {
			if _, known := t.Source(op.Found); !known {
				n++
			}
		}
	}
	return n
}

// infer finds by when operations had their effects, and which of unknown outcome
// happened, from those who found what they left.
func (t *Trace) infer() {
	var found []int32
	for i := range t.Ops {
		if op := &t.Ops[i]; op.Certain && op.Finds() {
			found = append(found, int32(i))
		}
	}
	for len(found) > 0 {
		finder := &t.Ops[found[len(found)-1]]
		found = found[:len(found)-1]
		v := &t.Values[finder.Found]
		if v.Writers != 1 {
			continue
		}
		op := &t.Ops[v.Writer]
		// What was found before it was invoked is a violation, not an inference.
		if finder.Due < op.Start || op.Certain && op.Due <= finder.Due {
			continue
		}
		op.Certain, op.Due = true, min(op.Due, finder.Due)
		if op.Finds() {
			found = append(found, v.Writer)
		}
	}
}

// suspect marks the values that were found before anybody can have left them.
func (t *Trace) suspect() {
	for i := range t.Ops {
		if op := &t.Ops[i]; t.unwritten(op) {
			t.Values[op.Found].Unsound = true
		}
	}
}

func (t *Trace) unwritten(op *Op) bool {
	if !op.Finds() || !op.Certain {
		return false
	}
	v := &t.Values[op.Found]
	return !v.Initial && (v.Writers == 0 || op.Due < t.Ops[v.Writer].Start)
}
