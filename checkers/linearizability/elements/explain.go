package elements

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Phantom: an element was there that nobody had yet added.
	Phantom = "phantom"
	// Lost: an element was added, not removed, and not there.
	Lost = "lost"
	// AddedTwice: two adds of an element each changed the set, and nobody removed
	// it in between.
	AddedTwice = "added-twice"
	// Resurrected: an element was removed, not added again, and there.
	Resurrected = "resurrected"
	// RemovedTwice: two removes of an element each changed the set, and nobody
	// added it in between.
	RemovedTwice = "removed-twice"
)

var _ object.Explainer = (*element)(nil)

// Explain names an operation that needs the element to be there or not to be
// there, where the last change before it that can have been had made it the other
// way.
func (e *element) Explain(ops []object.Op) (object.Account, bool) {
	for _, find := range []func([]object.Op) (object.Account, bool){e.phantom, e.undone} {
		if a, found := find(ops); found {
			return a, true
		}
	}
	return object.Account{}, false
}

// phantom is for an element that was there before anybody can have added it.
func (e *element) phantom(ops []object.Op) (object.Account, bool) {
	firstAdd := none
	for i := range ops {
		if ops[i].Class == add || ops[i].Class == added {
			firstAdd = i
			break
		}
	}
	for i := range ops {
		if needs, one := e.Needs(ops[i].Class); one && needs == in && !ops[i].Maybe && (firstAdd == none || ops[i].End < ops[firstAdd].Start) {
			return e.tellPhantom(ops, i), true
		}
	}
	return object.Account{}, false
}

func (e *element) tellPhantom(ops []object.Op, culprit int) object.Account {
	a := object.Account{
		Anomaly:  Phantom,
		Short:    fmt.Sprintf("%s, which nobody had added by then", object.Brief(e, e.calls, ops[culprit])),
		Text:     capital(e.did(ops[culprit])) + ". But ",
		Culprits: []int{culprit},
	}
	later, failed := e.otherAdds()
	switch {
	case later != nil:
		a.Text += fmt.Sprintf("it was added only after that: %s (%s).", checkers.Who(*later), checkers.When(*later))
	case failed != nil:
		a.Text += fmt.Sprintf("no add of it can have had an effect. The last one: %s tried to add it (%s), which failed: %s.",
			checkers.Who(*failed), checkers.When(*failed), failed.Error)
	default:
		a.Text += "nobody ever added it."
	}
	return a
}

// otherAdds are the first add that may have had an effect and the last one that
// certainly had none, each nil if there is none.
func (e *element) otherAdds() (first, failed *history.Call) {
	for i := range e.calls {
		switch call := &e.calls[i]; {
		case call.F != "add" || call.Error == history.Mismatch:
		case call.Type == history.Fail:
			failed = call
		case first == nil:
			first = call
		}
	}
	return first, failed
}

// undone is for an operation that needs one state after a change was done that left
// the other, where no change back can have come after that change.
func (e *element) undone(ops []object.Op) (object.Account, bool) {
	for i := range ops {
		needs, one := e.Needs(ops[i].Class)
		if !one || ops[i].Maybe {
			continue
		}
		for j := range ops {
			if e.contradicts(ops, j, i, needs) {
				return e.tellUndone(ops, j, i), true
			}
		}
	}
	return object.Account{}, false
}

// contradicts says that a change left the other state than the one that an
// operation needed after it, and that nobody can have changed it back.
func (e *element) contradicts(ops []object.Op, change, after int, needs object.State) bool {
	leaves, _ := e.Leaves(ops[change].Class)
	if e.Observer(ops[change].Class) || leaves == needs || ops[change].Maybe || ops[change].End > ops[after].Start {
		return false
	}
	for i := range ops {
		back, _ := e.Leaves(ops[i].Class)
		if i != after && !e.Observer(ops[i].Class) && back == needs && ops[i].End > ops[change].Start && ops[i].Start < ops[after].End {
			return false
		}
	}
	return true
}

func (e *element) tellUndone(ops []object.Op, change, after int) object.Account {
	a := object.Account{Anomaly: Lost, Culprits: []int{change, after}}
	done, back := "added", "removed"
	switch ops[after].Class {
	case added:
		a.Anomaly = AddedTwice
	case present:
		a.Anomaly, done, back = Resurrected, "removed", "added"
	case removed:
		a.Anomaly, done, back = RemovedTwice, "removed", "added"
	}
	a.Short = fmt.Sprintf("%s, after it had been %s", object.Brief(e, e.calls, ops[after]), done)
	a.Text = fmt.Sprintf("%s. After that, %s", capital(e.did(ops[change])), e.did(ops[after]))
	switch ops[after].Class {
	case added, removed:
		a.Text += ", and was told that this changed the set"
	}
	a.Text += fmt.Sprintf(". But nobody can have %s it in between.", back)
	return a
}

func (e *element) did(op object.Op) string { return object.Did(e, e.calls, op) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
