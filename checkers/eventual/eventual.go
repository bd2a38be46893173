// Package eventual decides whether counters and sets that only grow converge: while
// faults are about, a read may miss anything, but once all is healed every final read
// has all that was acknowledged; and no read, at any time, has what nobody can have
// added. It is exact for that promise, and demands nothing about how long it takes.
//
// Operations are add (of an integer, above 0 for counters) and read (an integer, or a
// list of integers). A Fail had no effect; an Info add may have had one, or not.
package eventual

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Lost: a final read lacks what was acknowledged before it.
	Lost = "lost"
	// Phantom: a read has what nobody had tried to add.
	Phantom = "phantom"
	// Duplicated: a read has an element twice.
	Duplicated = "duplicated"
)

// mostFindings is how many findings a verdict has at most.
const mostFindings = 20

// Checker is a checkers.Checker.
type Checker struct {
	name, things string
	judge        func(object) ([]checkers.Finding, error)
}

// Counters is a checker of counters, one for each key.
func Counters() Checker { return Checker{"eventual-counter", "counter", judgeCounter} }

// Sets is a checker of sets, one for each key.
func Sets() Checker { return Checker{"eventual-set", "set", judgeSet} }

// Name implements checkers.Checker.
func (c Checker) Name() string { return c.name }

// About says what the checker decides.
func (c Checker) About() string {
	return c.things + "s converge: final reads have all that was acknowledged, and nothing is made up"
}

// object is one counter or set.
type object struct {
	key         string
	adds, reads []history.Call
	finals      int
}

// unread says that something was acknowledged which no final read had to have.
func (o object) unread() bool {
	last := -1 // when the last final read was invoked
	for i := range o.reads {
		if o.reads[i].Final {
			last = max(last, o.reads[i].Invoke)
		}
	}
	for i := range o.adds {
		if o.adds[i].Type == history.OK && o.adds[i].Complete >= last {
			return true
		}
	}
	return false
}

// Check implements checkers.Checker. If something was acknowledged that no final read had
// to have which was answered, nothing is proved of it, and the verdict is Unknown.
func (c Checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	verdict := checkers.Verdict{Checker: c.name}
	calls, finals, objects := 0, 0, 0
	var unread []string
	for _, k := range history.ByKey(clients(h.Calls())) {
		o, err := split(k)
		if err != nil {
			return verdict, fmt.Errorf("%s: %w", c.name, err)
		}
		found, err := c.judge(o)
		if err != nil {
			return verdict, fmt.Errorf("%s: %w", c.name, err)
		}
		verdict.Findings = append(verdict.Findings, found...)
		if o.unread() {
			unread = append(unread, strconv.Quote(k.Key))
		}
		calls, finals, objects = calls+len(k.Calls), finals+o.finals, objects+1
	}
	all := len(verdict.Findings)
	verdict.Findings = verdict.Findings[:min(all, mostFindings)]
	switch {
	case all > 0:
		verdict.Validity = checkers.Invalid
		verdict.Reason = fmt.Sprintf("%s: what was acknowledged did not stay, or what was read was never added", checkers.Count(all, "contradiction"))
	case finals == 0:
		verdict.Reason = "no final read was answered, which is what this promise is about"
	case len(unread) > 0:
		const few = 5
		verdict.Reason = fmt.Sprintf("of %s no final read was answered that had to have all that was acknowledged: %s",
			checkers.Count(len(unread), c.things), strings.Join(unread[:min(few, len(unread))], ", "))
	default:
		verdict.Validity = checkers.Valid
		verdict.Reason = fmt.Sprintf("%s operations on %s converge: all of %s final reads have what was acknowledged",
			checkers.Number(calls), checkers.Count(objects, c.things), checkers.Number(finals))
	}
	return verdict, nil
}

func clients(calls []history.Call) []history.Call {
	var of []history.Call
	for _, call := range calls {
		if call.Process != history.Nemesis {
			of = append(of, call)
		}
	}
	return of
}

// split tells adds that may have had an effect from reads that were answered.
func split(k history.KeyCalls) (object, error) {
	o := object{key: k.Key}
	for _, call := range k.Calls {
		switch {
		case call.F == "add" && call.Type != history.Fail:
			if _, is := call.In.Int(); !is {
				return o, fmt.Errorf("op %d: add of %v, which is no integer", call.Invoke, call.In)
			}
			o.adds = append(o.adds, call)
		case call.F == "read" && call.Type == history.OK:
			o.reads = append(o.reads, call)
			if call.Final {
				o.finals++
			}
		case call.F != "add" && call.F != "read":
			return o, fmt.Errorf("op %d: there is no operation %s; there are add, read", call.Invoke, call.F)
		}
	}
	return o, nil
}

// due says whether an add has to be in a read.
func due(add, read history.Call) bool {
	return read.Final && add.Type == history.OK && add.Complete < read.Invoke
}

// possible says whether an add can be in a read: it began before the read was over.
func possible(add, read history.Call) bool { return add.Invoke < read.Complete }
