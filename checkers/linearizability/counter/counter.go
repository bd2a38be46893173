// Package counter decides whether counters are linearizable: whether every add and
// every read of a number can have taken effect at one moment between its invocation
// and its completion.
//
// It is exact and needs no search where all adds of a counter are of one number, as
// in counting by one. Where they are not, each read has to lie between the least and
// the greatest sum that the adds before it allow; if it does, the general engine
// looks for an order, which may end as unknown: which of several numbers make a sum
// is a hard question by itself.
//
// It is a checker of its own, and no data type of package linearizability, because
// numbers are absolute: a few operations on a counter contradict each other only by
// how many others there were. A contradiction is told by counting.
package counter

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// TooHigh: more was counted than can have been added by then.
	TooHigh = "too-high"
	// TooLow: less was counted than had been added by then: adds are lost, or were
	// not seen yet.
	TooLow = "too-low"
	// WentBack: a counter that only grows was read with a smaller number than
	// before, or one that only falls with a greater one.
	WentBack = "went-back"
	// CountedTwice: two adds were answered with one number, though each changed it.
	CountedTwice = "counted-twice"
	// Impossible: a number was read that no sum of adds is.
	Impossible = "impossible"
	// NotLinearizable is any other contradiction.
	NotLinearizable = "not-linearizable"
)

// New is a checker of integer counters, one for each key, which are 0 at first.
// Operations are
//
//   - add: of an integer, which may be negative; whatever is answered is not looked
//     at;
//   - add-and-get: likewise, Ok with the new number;
//   - read: Ok with the number; null is 0.
//
// A Fail had no effect, and an Info add or add-and-get may have had one at any later
// time, or never.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "counter" }
func (checker) About() string {
	return "every add and read of a counter took effect at one moment between its invocation and its completion"
}

const (
	// budget is for a context without a deadline.
	budget = time.Minute
	// memory is how much a search may fill, in bytes.
	memory = 256 << 20
)

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, budget)
		defer cancel()
	}
	var all account
	var open []*counter
	for _, k := range history.ByKey(h.Calls()) {
		n, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		outcome, found := n.decide()
		if all.add(n, outcome, found); outcome == object.Undecided {
			open = append(open, n)
		}
	}
	all.search(ctx, open)
	return all.conclude(v), nil
}

// search lets the engine decide about counters, each with its share of the time.
func (a *account) search(ctx context.Context, open []*counter) {
	deadline, _ := ctx.Deadline()
	for i, n := range open {
		share, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(len(open)-i))
		r := search.Run(share, n, n.ops, memory)
		cancel()
		a.searched(n, r)
	}
}

// most is the greatest number that is added or read, either way: a sum of as many of
// these as fit into memory is no more than an int64.
const most = 1 << 40

type kind uint8

const (
	read kind = iota
	add
	addAndGet
)

// class is what an operation added, and what number was there afterwards, if that is
// known.
type class struct {
	kind   kind
	delta  int
	number int
}

// told says that the number is known.
func (c *class) told() bool { return c.kind != add }

// counter is the history of one counter.
type counter struct {
	name    string
	calls   []history.Call
	ops     []object.Op
	classes []class
	numbers *numbers
}

func parse(k history.KeyCalls) (*counter, error) {
	n := &counter{name: k.Key, calls: k.Calls, numbers: newNumbers()}
	places := map[class]int32{}
	for i := range k.Calls {
		if err := n.add(i, places); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", k.Calls[i].Invoke, k.Calls[i].F, checkers.On("counter", k.Key), err)
		}
	}
	return n, nil
}

func (n *counter) add(i int, places map[class]int32) error {
	call := &n.calls[i]
	c, err := parseClass(call)
	if err != nil || call.Type == history.Fail || call.Type == history.Info && c.delta == 0 {
		return err
	}
	if c.delta == 0 && c.kind == add {
		return nil
	}
	place, known := places[c]
	if !known {
		place = int32(len(n.classes))
		places[c] = place
		n.classes = append(n.classes, c)
	}
	op := object.Op{Class: place, Start: call.Invoke, End: call.Complete, Call: i}
	if call.Type == history.Info {
		op.End, op.Maybe = object.Never, true
	}
	n.ops = append(n.ops, op)
	return nil
}

func parseClass(call *history.Call) (c class, err error) {
	switch call.F {
	case "read":
		if call.Type == history.OK && !call.Out.IsNil() {
			c.number, err = number("it read", call.Out)
		}
		return c, err
	case "add":
		c.kind = add
	case "add-and-get":
		c.kind = addAndGet
	default:
		return c, fmt.Errorf("a counter has no such operation")
	}
	if c.delta, err = number("it adds", call.In); err != nil {
		return c, err
	}
	switch {
	case c.kind == add:
	case call.Type != history.OK:
		c.kind = add // nobody was told the number
	default:
		c.number, err = number("it was answered", call.Out)
		if c.delta == 0 {
			c.kind = read
		}
	}
	return c, err
}

func number(what string, v history.Value) (int, error) {
	n, ok := v.Int()
	switch {
	case !ok:
		return 0, fmt.Errorf("%s %v, which is no integer", what, v)
	case n > most || n < -most:
		return 0, fmt.Errorf("%s %d, which is too great to count with", what, n)
	}
	return n, nil
}
