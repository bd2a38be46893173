// Package consensus decides whether the instances of a consensus decided one value
// each, which somebody had proposed, and kept to it: agreement, validity and
// integrity (Cachin, Guerraoui and Rodrigues, Introduction to Reliable and Secure
// Distributed Programming, 2011, module 5.2, uniform consensus). It is exact.
//
// It does not judge termination: an instance that never decides breaks nothing, and
// is only counted.
package consensus

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Disagreement: two values were decided.
	Disagreement = "disagreement"
	// Phantom: a value was decided that nobody had proposed by then.
	Phantom = "phantom"
	// AbortedProposal: a value was decided that was proposed in vain only.
	AbortedProposal = "aborted-proposal"
	// Forgotten: a node that had told the decision said later that there was none.
	Forgotten = "forgotten"
)

// New is a checker of instances of consensus, one for each key. Operations are
//
//   - propose: of an integer; Ok with the integer that was decided;
//   - learn: Ok with the integer that was decided, or null if that is not known yet.
//
// A Fail had no effect: what was proposed will not be decided because of it. An Info
// propose may have had its effect at any later time, or never; an Info learn tells
// nothing.
//
//   - Agreement: all that was told of an instance is one value.
//   - Validity: somebody had begun to propose the value before it was told.
//   - Integrity: what was decided is decided for ever. So a node that told the
//     decision never says again that there is none to a call that began later; if
//     the history does not say which node it was, a process is not told so. Other
//     nodes may learn of a decision late.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "consensus" }
func (checker) About() string {
	return "every instance decides one value, which somebody proposed, for ever"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	var a account
	for _, k := range history.ByKey(h.Calls()) {
		in, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(in)
	}
	return a.conclude(v), nil
}

const none = -1

// instance is the history of one consensus. Calls are named by their places in it.
type instance struct {
	name  string
	calls []history.Call
	// values are those proposed or told, in the order in which they came up, and told
	// the ones told, in the order in which that was first done.
	values map[int]*value
	told   []*value
	// ignorant are the calls that were told that nothing was decided.
	ignorant []int
	// teachers are, by node, the calls that told a decision and were done first.
	teachers map[teacher]int
}

// teacher is who tells decisions: a node, or what a process speaks to.
type teacher struct {
	node    string
	process int
}

// value is what happened to one.
type value struct {
	number int
	// proposed is the first call that proposed it and may have had an effect, failed
	// the first one that had none, and told the call that told it and was done first;
	// each is none if there is none.
	proposed, failed, told int
}

func parse(k history.KeyCalls) (*instance, error) {
	in := &instance{name: k.Key, calls: k.Calls, values: map[int]*value{}, teachers: map[teacher]int{}}
	for i := range k.Calls {
		call := &k.Calls[i]
		if err := in.add(i, call); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("instance", k.Key), err)
		}
	}
	return in, nil
}

func (in *instance) add(i int, call *history.Call) error {
	if call.F != "propose" && call.F != "learn" {
		return fmt.Errorf("a consensus has no such operation")
	}
	if call.F == "propose" {
		if err := in.propose(i, call); err != nil {
			return err
		}
	}
	switch number, told := call.Out.Int(); {
	case call.Type != history.OK:
	case told:
		in.tell(i, number)
	case call.F == "propose" || !call.Out.IsNil():
		return fmt.Errorf("it was answered %v, which is no integer", call.Out)
	default:
		in.ignorant = append(in.ignorant, i)
	}
	return nil
}

func (in *instance) propose(i int, call *history.Call) error {
	number, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it proposes %v, which is no integer", call.In)
	}
	v := in.value(number)
	switch {
	case call.Type == history.Fail && v.failed == none:
		v.failed = i
	case call.Type != history.Fail && v.proposed == none:
		v.proposed = i
	}
	return nil
}

func (in *instance) tell(i, number int) {
	v := in.value(number)
	if v.told == none {
		in.told = append(in.told, v)
	}
	if v.told == none || in.calls[i].Complete < in.calls[v.told].Complete {
		v.told = i
	}
	by := in.teacher(i)
	if first, known := in.teachers[by]; !known || in.calls[i].Complete < in.calls[first].Complete {
		in.teachers[by] = i
	}
}

func (in *instance) value(number int) *value {
	v, known := in.values[number]
	if !known {
		v = &value{number, none, none, none}
		in.values[number] = v
	}
	return v
}

func (in *instance) teacher(i int) teacher {
	if call := &in.calls[i]; call.Node == "" {
		return teacher{process: call.Process}
	}
	return teacher{node: in.calls[i].Node}
}
