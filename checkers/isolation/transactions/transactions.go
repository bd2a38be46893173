// Package transactions reads a history as transactions: who committed, who aborted,
// of whom nobody knows, when, in which session, and what each did, in numbers that
// can be looked up in slices. It is for the checkers of all kinds of transactions,
// and judges nothing.
//
// A transaction of unknown outcome counts as committed if and only if one of its
// writes was observed by one that counts as committed: see Settle. All of its writes
// count then, also those that nobody read. One that nobody observed can be left out
// of every order, or put at the end of it, so it contradicts nothing. Since nobody
// knows when it took effect, it comes before no other one in real time or in its
// session; but it comes after those that were completed before it was invoked.
package transactions

import (
	"fmt"
	"strconv"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation/graph"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// Outcome is what became of a transaction.
type Outcome uint8

const (
	// Indeterminate: nobody knows, and nobody observed it.
	Indeterminate Outcome = iota
	// Aborted: it certainly had no effect.
	Aborted
	// Committed: it certainly took effect.
	Committed
	// Observed: nobody answered, but its effects were seen.
	Observed
)

// Counts says that it counts as committed.
func (o Outcome) Counts() bool { return o >= Committed }

// Txn is a transaction.
type Txn struct {
	// First and Last bound its operations, of all that there are: from First to
	// before Last.
	First, Last int32
	// Invoke and Complete are the places of its invocation and its completion in the
	// history; Complete is -1 if that is missing.
	Invoke, Complete int32
	Outcome          Outcome
}

// Op is a micro-operation.
type Op struct {
	Kind transaction.Kind
	// Known says of a read that its result is known. Reads of aborted transactions
	// are not: nothing was promised about them.
	Known bool
	// Found says that the read of a register found a value.
	Found bool
	Key   int32
	// Value is what was written or appended, what the read of a register found, and of a
	// list how many elements.
	Value int
}

// History is a history of transactions, in the order of their invocations.
type History struct {
	Txns []Txn
	Ops  []Op
	// Keys are the names of the objects.
	Keys []string

	ops     []history.Op
	named   map[string]int32
	counted map[int]int32
	lists   bool
}

// Lists reads transactions on lists: reads find lists, or null for the empty one.
func Lists(h *history.History) (*History, error) { return read(h, true) }

// Registers reads transactions on registers: reads find integers, or null.
func Registers(h *history.History) (*History, error) { return read(h, false) }

func read(h *history.History, lists bool) (*History, error) {
	r := &History{ops: h.Ops, named: map[string]int32{}, counted: map[int]int32{}, lists: lists}
	n := 0
	for i := range h.Ops {
		if op := &h.Ops[i]; op.Type == history.Invoke {
			items, _ := op.Value.Items()
			n += len(items)
		}
	}
	r.Txns = make([]Txn, 0, len(h.Ops)/2)
	r.Ops = make([]Op, 0, n)
	open := map[int]int32{} // process -> its transaction
	first := -1             // the first invocation
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process == history.Nemesis {
			continue
		}
		if op.Type == history.Invoke {
			if op.F != transaction.F {
				return nil, fmt.Errorf("operation %d: transactions have no such operation as %q, only %s", op.Index, op.F, transaction.F)
			}
			if first < 0 {
				first = i
			}
			if op.Key != h.Ops[first].Key {
				return nil, fmt.Errorf("operation %d is about %q, and operation %d about %q: transactions on different keys have nothing to do with each other, so the history of each has to be judged by itself", op.Index, op.Key, h.Ops[first].Index, h.Ops[first].Key)
			}
			open[op.Process] = int32(len(r.Txns))
			r.Txns = append(r.Txns, Txn{Invoke: int32(i), Complete: -1})
		} else if at, is := open[op.Process]; is {
			delete(open, op.Process)
			r.Txns[at].Complete = int32(i)
		}
	}
	for t := range r.Txns {
		if err := r.parse(&r.Txns[t]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parse reads what a transaction did: from its completion if that is certain, and
// otherwise from its invocation.
func (r *History) parse(t *Txn) error {
	from := &r.ops[t.Invoke]
	t.First = int32(len(r.Ops))
	if t.Complete >= 0 {
		switch r.ops[t.Complete].Type {
		case history.OK:
			t.Outcome, from = Committed, &r.ops[t.Complete]
		case history.Fail:
			t.Outcome = Aborted
		}
	}
	items, ok := from.Value.Items()
	if !ok && !from.Value.IsNil() {
		return fmt.Errorf("operation %d: %v is no list of micro-operations [f key value]", from.Index, from.Value)
	}
	for i, item := range items {
		op, err := r.op(item, t.Outcome == Committed)
		if err != nil {
			return fmt.Errorf("operation %d: micro-operation %d: %w", from.Index, i+1, err)
		}
		r.Ops = append(r.Ops, op)
	}
	t.Last = int32(len(r.Ops))
	if t.Outcome == Committed {
		return r.same(t, items)
	}
	if t.Outcome == Indeterminate && t.Complete >= 0 {
		r.learn(t, len(items))
	}
	return nil
}

// same says that a transaction was completed with the operations with which it was
// invoked, but for what reads found. Otherwise nobody knows which of the two it did.
func (r *History) same(t *Txn, done []history.Value) error {
	invoked, completed := &r.ops[t.Invoke], &r.ops[t.Complete]
	asked, _ := invoked.Value.Items()
	if len(asked) != len(done) {
		return fmt.Errorf("operation %d: %s completes the %s of operation %d: nobody knows what it did",
			completed.Index, checkers.Count(len(done), "micro-operation"), checkers.Count(len(asked), "micro-operation"), invoked.Index)
	}
	for i := range asked {
		if !r.alike(asked[i], done[i]) {
			return fmt.Errorf("operation %d: micro-operation %d: %v completes %v of operation %d: nobody knows what it did",
				completed.Index, i+1, done[i], asked[i], invoked.Index)
		}
	}
	return nil
}

// alike says that both are the same read, whatever it found, or the same write. Of an
// invoked read some tools leave out the value.
func (r *History) alike(asked, done history.Value) bool {
	a, _ := asked.Items()
	d, _ := done.Items()
	if len(a) < 2 || !a[0].Equal(d[0]) || !a[1].Equal(d[1]) && !r.sameKey(a[1], d[1]) {
		return false
	}
	f, _ := a[0].Text()
	return f == transaction.Read.String() || len(a) == len(d) && a[2].Equal(d[2])
}

// sameKey says that one and the same key was written as an integer and as a string.
func (r *History) sameKey(a, b history.Value) bool {
	first, err := r.key(a)
	if err != nil {
		return false
	}
	second, err := r.key(b)
	return err == nil && first == second
}

// learn takes over what the reads of an indeterminate transaction found, if it was
// recorded. What was not found is not known: the read may never have been answered.
func (r *History) learn(t *Txn, n int) {
	items, _ := r.ops[t.Complete].Value.Items()
	if len(items) != n {
		return
	}
	for i, item := range items {
		op := &r.Ops[int(t.First)+i]
		found, err := r.op(item, true)
		if err == nil && found.Kind == op.Kind && found.Key == op.Key && op.Kind == transaction.Read && !value(item).IsNil() {
			*op = found
		}
	}
}

func value(item history.Value) history.Value {
	parts, _ := item.Items()
	return parts[2]
}

func (r *History) op(item history.Value, known bool) (op Op, err error) {
	parts, _ := item.Items()
	if len(parts) == 2 && !known {
		parts = append(parts[:2:2], history.Value{}) // some tools leave it out of an invoked read
	}
	if len(parts) != 3 {
		return op, fmt.Errorf("%v is not of the form [f key value]", item)
	}
	if op.Key, err = r.key(parts[1]); err != nil {
		return op, err
	}
	var write string
	switch f, _ := parts[0].Text(); {
	case f == "r":
		op.Kind, op.Known = transaction.Read, known
		return op, r.found(&op, parts[2])
	case f == "append" && r.lists:
		op.Kind, write = transaction.Append, "append"
	case f == "w" && !r.lists:
		op.Kind, write = transaction.Write, "w"
	case r.lists:
		return op, fmt.Errorf("transactions on lists have no micro-operation %v, only r and append", parts[0])
	default:
		return op, fmt.Errorf("transactions on registers have no micro-operation %v, only r and w", parts[0])
	}
	n, ok := parts[2].Int()
	if !ok {
		return op, fmt.Errorf("the value %v is none for %s: it takes an integer", parts[2], write)
	}
	op.Value = n
	return op, nil
}

// found checks a read's result, and takes over that of a register.
func (r *History) found(op *Op, v history.Value) error {
	n, isInt := v.Int()
	list, isList := v.Items()
	switch {
	case v.IsNil() || !op.Known:
	case r.lists && isList:
		for _, e := range list {
			if e.Kind() != history.KindInt {
				return fmt.Errorf("the element %v is no integer", e)
			}
		}
		op.Value = len(list)
	case !r.lists && isInt:
		op.Value, op.Found = n, true
	case r.lists:
		return fmt.Errorf("the value %v is none for r: a list is expected, or null", v)
	default:
		return fmt.Errorf("the value %v is none for r: an integer is expected, or null", v)
	}
	return nil
}

// key numbers a key. Keys may be integers or strings, and are the same if they are
// written alike.
func (r *History) key(v history.Value) (int32, error) {
	n, isInt := v.Int()
	if isInt {
		if key, known := r.counted[n]; known {
			return key, nil
		}
	}
	name, isText := v.Text()
	switch {
	case isInt:
		name = strconv.Itoa(n)
	case !isText:
		return 0, fmt.Errorf("the key %v is neither a string nor an integer", v)
	}
	key, known := r.named[name]
	if !known {
		key = int32(len(r.Keys))
		r.named[name] = key
		r.Keys = append(r.Keys, name)
	}
	if isInt {
		r.counted[n] = key
	}
	return key, nil
}

// List is what the read of a list found, not to be changed.
func (r *History) List(t *Txn, op int32) []history.Value {
	items, _ := r.ops[t.Complete].Value.Items()
	list, _ := value(items[op-t.First]).Items()
	return list
}

// Of are a transaction's operations, the first of which has the number First.
func (r *History) Of(t *Txn) []Op { return r.Ops[t.First:t.Last] }

// Settle finds the indeterminate transactions that count as committed: observes calls
// back with the numbers of the transactions whose writes one observed, and is asked
// about all that count, also about those that were found to.
func (r *History) Settle(observes func(t int32, observed func(writer int32))) {
	var pending []int32
	for t := range r.Txns {
		if r.Txns[t].Outcome.Counts() {
			pending = append(pending, int32(t))
		}
	}
	for len(pending) > 0 {
		t := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		observes(t, func(writer int32) {
			if w := &r.Txns[writer]; w.Outcome == Indeterminate {
				w.Outcome = Observed
				pending = append(pending, writer)
			}
		})
	}
}

// Sessions are the transactions that count as committed, of each session, in its
// order. A session is a process, or, if there were so many clients, what a client did
// under all its process numbers: it takes the next one, which is greater by the number
// of clients, after an unknown outcome.
func (r *History) Sessions(clients int) [][]int32 {
	var sessions [][]int32
	place := map[int]int{}
	for t := range r.Txns {
		if !r.Txns[t].Outcome.Counts() {
			continue
		}
		process := r.ops[r.Txns[t].Invoke].Process
		if clients > 0 {
			process %= clients
		}
		at, known := place[process]
		if !known {
			at = len(sessions)
			place[process] = at
			sessions = append(sessions, nil)
		}
		sessions[at] = append(sessions[at], int32(t))
	}
	return sessions
}

// Done says that a transaction was certainly over when its session went on.
func (r *History) Done(t int32) bool { return r.Txns[t].Outcome == Committed }

// Spans are when transactions were under way. Only those that certainly committed
// have an end, and those that do not count have neither: they begin before all.
func (r *History) Spans() []graph.Span {
	spans := make([]graph.Span, len(r.Txns))
	for i := range r.Txns {
		t := &r.Txns[i]
		spans[i] = graph.Span{Begin: -1, End: graph.Never}
		if t.Outcome.Counts() {
			spans[i].Begin = t.Invoke
		}
		if t.Outcome == Committed {
			spans[i].End = t.Complete
		}
	}
	return spans
}

// Op is an operation of the history: a transaction's invocation or completion.
func (r *History) Op(at int32) *history.Op { return &r.ops[at] }
