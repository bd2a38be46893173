// Package monotonic decides whether counters that are only ever incremented by one
// behave so: no increment is overwritten by another one, no value comes out of
// nothing, and nobody sees a counter go back. What it finds is certain. It does not
// decide whether increments of unknown outcome are seen by all, which is
// linearizability.
package monotonic

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// LostIncrement: several increments left the same value.
	LostIncrement = "lost-increment"
	// OutOfNothing: a value is larger than increments can have made it.
	OutOfNothing = "out-of-nothing"
	// WentBack: a value is smaller than one before it.
	WentBack = "went-back"
)

// Order says of which operations one comes before the other.
type Order uint8

const (
	// RealTime: the one was done before the other was invoked.
	RealTime Order = iota
	// Session: the same client made them one after the other.
	Session
	// None: nothing is known of any two.
	None
)

// Options say what is demanded.
type Options struct {
	Order Order
	// Clients is how many there are: one goes on under a process number that is
	// larger by so much after an operation of unknown outcome. 0 takes each process
	// for a client.
	Clients int
}

// New is a checker of counters, one for each key, that are 0 before they were ever
// incremented. Operations are
//
//   - create: of the counter, which is 0 then, once at most;
//   - increment: by one, answered with the value that it left;
//   - read: answered with the value, or null if there is no counter yet.
//
// A Fail had no effect, and an Info increment may have had one at any later time, or
// never. What breaks a promise is:
//
//   - lost-increment. Of increments that left the same value all but one were
//     overwritten.
//   - out-of-nothing. A value is larger than the number of increments that were
//     invoked before its operation was done, or an increment left less than 1.
//   - went-back. Of two operations in the Order, the later one read less than the
//     earlier, or was an increment and did not leave more.
func New(o Options) checkers.Checker { return checker{o} }

type checker struct{ options Options }

func (checker) Name() string { return "monotonic" }
func (checker) About() string {
	return "counters only grow: no increment is lost, and nobody sees one go back"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := &account{options: c.options, found: map[string]int{}, findings: map[string][]checkers.Finding{}}
	for _, k := range history.ByKey(h.Calls()) {
		one, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(one)
	}
	return a.conclude(v), nil
}

// counter is the history of one.
type counter struct {
	name  string
	calls []history.Call
	// seen are the operations that were answered, in the order of their invocations.
	seen []sight
}

// sight is a value that an operation found or left.
type sight struct {
	call, value int
	increment   bool
}

func parse(k history.KeyCalls) (*counter, error) {
	c := &counter{name: k.Key, calls: k.Calls}
	for i, call := range k.Calls {
		switch {
		case call.F != "create" && call.F != "increment" && call.F != "read":
			return nil, fmt.Errorf("op %d: a counter has no operation %s", call.Invoke, call.F)
		case call.F == "create" || call.Type != history.OK:
			continue
		}
		value, ok := call.Out.Int()
		if nothing := call.F == "read" && call.Out.IsNil(); !ok && !nothing {
			return nil, fmt.Errorf("op %d: %s gave %v, which is no integer", call.Invoke, call.F, call.Out)
		}
		c.seen = append(c.seen, sight{i, value, call.F == "increment"})
	}
	return c, nil
}

// lost are the increments that left the same value, value by value.
func (c *counter) lost() [][]sight {
	by := map[int][]sight{}
	var values []int
	for _, s := range c.seen {
		if s.increment {
			if by[s.value] = append(by[s.value], s); len(by[s.value]) == 2 {
				values = append(values, s.value)
			}
		}
	}
	groups := make([][]sight, len(values))
	for i, value := range values {
		groups[i] = by[value]
	}
	return groups
}

// impossible are the values that no increments can have made, with how many there
// were.
func (c *counter) impossible(tell func(s sight, increments int)) {
	byEnd := slices.Clone(c.seen)
	slices.SortFunc(byEnd, func(a, b sight) int { return c.calls[a.call].Complete - c.calls[b.call].Complete })
	next, increments := 0, 0
	for _, s := range byEnd {
		for ; next < len(c.calls) && c.calls[next].Invoke < c.calls[s.call].Complete; next++ {
			if c.calls[next].F == "increment" && c.calls[next].Type != history.Fail {
				increments++
			}
		}
		if s.value > increments || s.value < 0 || s.increment && s.value < 1 {
			tell(s, increments)
		}
	}
}

// back are the sights that contradict an earlier one in real time.
func (c *counter) back(tell func(before, after sight)) {
	byEnd := slices.Clone(c.seen)
	slices.SortFunc(byEnd, func(a, b sight) int { return c.calls[a.call].Complete - c.calls[b.call].Complete })
	next := 0
	var most *sight
	for _, s := range c.seen {
		for ; next < len(byEnd) && c.calls[byEnd[next].call].Complete < c.calls[s.call].Invoke; next++ {
			most = larger(most, &byEnd[next])
		}
		if most != nil && s.contradicts(*most) {
			tell(*most, s)
		}
	}
}

// backInSession are those that contradict an earlier one of the same client.
func (c *counter) backInSession(clients int, tell func(before, after sight)) {
	most := map[int]*sight{}
	for i := range c.seen {
		s := &c.seen[i]
		session := c.calls[s.call].Process
		if clients > 0 {
			session %= clients
		}
		if most[session] != nil && s.contradicts(*most[session]) {
			tell(*most[session], *s)
		}
		most[session] = larger(most[session], s)
	}
}

func larger(most, s *sight) *sight {
	if most == nil || s.value > most.value {
		return s
	}
	return most
}

// contradicts says that a sight cannot be later than another one. Increments that
// left the same are told of as lost.
func (s sight) contradicts(before sight) bool {
	return s.value < before.value || s.value == before.value && s.increment && !before.increment
}
