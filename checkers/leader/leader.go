// Package leader decides from what nodes said of themselves whether two of them led
// in one term, and, where that was promised, at one time. What it finds is certain: a
// node that said that it leads did so at some moment of the call.
//
// It does not judge whether there was a leader at all, or for how long there was
// none: that it only measures.
package leader

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// TwoInTerm: two nodes led in one term.
	TwoInTerm = "two-leaders-in-a-term"
	// TwoAtATime: two nodes led at one time.
	TwoAtATime = "two-leaders-at-a-time"
)

// New is a checker of leadership, one for each key. The operation is
//
//   - leads: Ok with [leads term], a boolean that says whether the node that was
//     asked leads, and the term in which it does, which is above 0; 0 stands for a
//     system without terms.
//
// Other outcomes tell nothing. The node is the op's Node.
//
// At most one node leads in each term (the election safety of Raft: Ongaro and
// Ousterhout, 2014, figure 3). Without terms there is nothing to judge, unless the
// checker is AtEachTime.
func New(options ...Option) checkers.Checker {
	var c checker
	for _, o := range options {
		o(&c)
	}
	return c
}

// Option changes what is demanded of leaders.
type Option func(*checker)

// AtEachTime demands that at most one node leads at each time, as the nodes
// themselves see it. A node certainly led from the end of one call in which it said
// so to the beginning of another one, if it said the same term in both, as who has
// lost a term's leadership does not get it back. Without terms it certainly led at
// one moment of each call only. Two nodes certainly led at one time if no choice of
// these moments keeps them apart.
//
// Few systems promise it: a leader that is cut off finds out later than the others
// elect a new one, unless it holds a lease.
func AtEachTime() Option { return func(c *checker) { c.atEachTime = true } }

type checker struct{ atEachTime bool }

func (checker) Name() string { return "leader" }
func (c checker) About() string {
	if c.atEachTime {
		return "no two nodes lead in one term, or at one time"
	}
	return "no two nodes lead in one term"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := account{checker: c}
	for _, k := range history.ByKey(h.Calls()) {
		o, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(o)
	}
	return a.conclude(v), nil
}

const none = -1

// office is the history of one leadership.
type office struct {
	name    string
	calls   []history.Call
	answers int
	claims  []claim
}

// claim is a call in which a node said that it leads.
type claim struct {
	call int
	node string
	term int
}

func parse(k history.KeyCalls) (*office, error) {
	o := &office{name: k.Key, calls: k.Calls}
	for i := range k.Calls {
		call := &k.Calls[i]
		if err := o.add(i, call); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("leadership", k.Key), err)
		}
	}
	return o, nil
}

func (o *office) add(i int, call *history.Call) error {
	switch {
	case call.F != "leads":
		return fmt.Errorf("leadership has no such operation")
	case call.Type != history.OK:
		return nil
	}
	leads, term, ok := answer(call.Out)
	switch {
	case !ok:
		return fmt.Errorf("it was answered %v, which is not [leads term]", call.Out)
	case leads && call.Node == "":
		return fmt.Errorf("a node leads, but which one is not told")
	}
	o.answers++
	if leads {
		o.claims = append(o.claims, claim{i, call.Node, term})
	}
	return nil
}

func answer(v history.Value) (leads bool, term int, ok bool) {
	items, _ := v.Items()
	if len(items) != 2 {
		return false, 0, false
	}
	leads, first := items[0].Bool()
	term, second := items[1].Int()
	return leads, term, first && second && term >= 0
}
