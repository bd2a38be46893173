package linearizability

import (
	"fmt"
	"math"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// never is the end of an operation whose effect may come at any later time.
const never = math.MaxInt

// value stands for one of a register's values: they are numbered per key, so
// that tables replace maps.
type value int32

// notFound is what a register holds before the first write.
const notFound value = 0

type kind uint8

const (
	read kind = iota
	write
	cas
	// mismatch is a compare-and-set that was answered "not equal": it observed
	// that the register did not hold a value.
	mismatch
)

// operation is a call as the search sees it. Its times are places in the
// history, not nanoseconds: the recorder's order of lines is exact even where
// the clock stood still, and no two of them are equal.
type operation struct {
	kind kind
	// old is what a read or a compare-and-set found, or what a mismatch did not.
	old value
	// new is what a write or a compare-and-set left behind.
	new        value
	start, end int
	// maybe is set if nobody knows whether it happened at all.
	maybe bool
	// inferred is set if it was not acknowledged, but somebody saw its effect.
	inferred bool
	// call is its place among the key's calls.
	call int
}

// pure operations leave the register as it is.
func (o *operation) pure() bool { return o.kind == read || o.kind == mismatch }

// found is the value that the register must have held, if there is one.
func (o *operation) found() (value, bool) { return o.old, o.kind == read || o.kind == cas }

// left is the value that the register holds afterwards, if it was changed.
func (o *operation) left() (value, bool) { return o.new, !o.pure() }

// register is the history of one key.
type register struct {
	key   string
	calls []history.Call
	ops   []operation
	// values are the numbers that stand for the register's values, from 1;
	// values[0] is unused, for it is notFound.
	values []int
	// failed are the places of calls that would have left a value, but
	// certainly had no effect.
	failed map[value]int
}

// parse reads the calls of one key. What had no effect and tells nothing is left
// out: failed operations other than a mismatch, and reads without an answer.
func parse(k history.KeyCalls) (*register, error) {
	r := &register{key: k.Key, calls: k.Calls, values: []int{0}, failed: map[value]int{}}
	numbers := map[int]value{}
	for i := range k.Calls {
		call := &k.Calls[i]
		op, keep, err := r.parse(call, numbers)
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("key", call.Key), err)
		}
		op.call, op.start, op.end = i, call.Invoke, never
		if call.Type != history.Info {
			op.end = call.Complete
		}
		op.maybe = call.Type == history.Info
		switch {
		case call.Type == history.Fail && op.kind != mismatch:
			r.fail(op)
		case keep:
			r.ops = append(r.ops, op)
		}
	}
	return r, nil
}

func (r *register) fail(op operation) {
	if v, changes := op.left(); changes {
		r.failed[v] = op.call
	}
}

// parse reads one call, and says whether it matters.
func (r *register) parse(call *history.Call, numbers map[int]value) (op operation, keep bool, err error) {
	switch call.F {
	case "read":
		return r.parseRead(call, numbers)
	case "write":
		n, ok := call.In.Int()
		if !ok {
			return op, false, fmt.Errorf("it writes %v, which is no integer", call.In)
		}
		return operation{kind: write, new: r.number(n, numbers)}, true, nil
	case "cas":
		return r.parseCompareAndSet(call, numbers)
	}
	return op, false, fmt.Errorf("a register has no such operation")
}

func (r *register) parseRead(call *history.Call, numbers map[int]value) (op operation, keep bool, err error) {
	if call.Type != history.OK {
		return operation{kind: read}, false, nil
	}
	if call.Out.IsNil() {
		return operation{kind: read, old: notFound}, true, nil
	}
	n, ok := call.Out.Int()
	if !ok {
		return op, false, fmt.Errorf("it read %v, which is neither an integer nor null", call.Out)
	}
	return operation{kind: read, old: r.number(n, numbers)}, true, nil
}

// parseCompareAndSet reads [old, new]. Where both are the same, nothing is
// changed: it was a read, or, with an unknown outcome, nothing at all.
func (r *register) parseCompareAndSet(call *history.Call, numbers map[int]value) (op operation, keep bool, err error) {
	items, _ := call.In.Items()
	if len(items) != 2 {
		return op, false, fmt.Errorf("its argument is %v, not [old new]", call.In)
	}
	before, ok1 := items[0].Int()
	after, ok2 := items[1].Int()
	if !ok1 || !ok2 {
		return op, false, fmt.Errorf("its argument is %v, not two integers", call.In)
	}
	old, new := r.number(before, numbers), r.number(after, numbers)
	switch {
	case call.Type == history.Fail && call.Error == history.Mismatch:
		return operation{kind: mismatch, old: old}, true, nil
	case old == new:
		return operation{kind: read, old: old}, call.Type == history.OK, nil
	}
	return operation{kind: cas, old: old, new: new}, true, nil
}

func (r *register) number(n int, numbers map[int]value) value {
	v, known := numbers[n]
	if !known {
		v = value(len(r.values))
		numbers[n] = v
		r.values = append(r.values, n)
	}
	return v
}

// name is a value for people.
func (r *register) name(v value) string {
	switch {
	case v == notFound:
		return "not found"
	case int(v) == len(r.values): // see merge
		return "a value that nobody found"
	}
	return fmt.Sprint(r.values[v])
}
