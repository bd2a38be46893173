package liar

import (
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Fault is a way to break a history.
type Fault struct {
	Name string
	// Found are the anomalies of which one has to be found.
	Found []string
	// certain faults show whatever operations of unknown outcome did.
	certain bool
	plant   func(p *patient) bool
}

// Faults are all ways to break a history.
var Faults = []Fault{
	{"reordered", []string{collection.Reordered}, true, (*patient).reorder},
	{"lost", []string{collection.Lost}, false, (*patient).lose},
	{"duplicated", []string{collection.Duplicated}, true, (*patient).duplicate},
	{"phantom", []string{collection.Phantom}, true, (*patient).invent},
	{"wrong-empty", []string{collection.WrongEmpty, collection.Lost}, false, (*patient).empty},
}

// Plant breaks a history near a call, and says whether that could be done.
func (f Fault) Plant(l Load, h *history.History, near int) bool {
	if l.Unknown > 0 && !f.certain {
		return false
	}
	p := newPatient(l.Kind, h)
	for p.at = near; p.at < len(p.calls); p.at++ {
		if p.calls[p.at].F == l.Remove && p.calls[p.at].Type == history.OK && !p.calls[p.at].Out.IsNil() && f.plant(p) {
			return true
		}
	}
	return false
}

// patient is a history, and the removal in it at which something is done.
type patient struct {
	Kind
	history *history.History
	calls   []history.Call
	at      int
	// added and removed are the calls of each value.
	added, removed map[int]history.Call
}

func newPatient(k Kind, h *history.History) *patient {
	p := &patient{Kind: k, history: h, calls: h.Calls(), added: map[int]history.Call{}, removed: map[int]history.Call{}}
	for _, call := range p.calls {
		if value, ok := call.In.Int(); ok && call.F == k.Add {
			p.added[value] = call
		}
		if value, ok := call.Out.Int(); ok && call.F == k.Remove && call.Type == history.OK {
			p.removed[value] = call
		}
	}
	return p
}

func (p *patient) answer(call history.Call, v history.Value) { p.history.Ops[call.Complete].Value = v }

// near is how many calls away another one is looked for.
const near = 3000

// partner is a value that was removed by somebody who began after the removal at
// hand was done, and that had to come after the value removed here, for it was there
// all the time that the other one was. Both were certainly added.
func (p *patient) partner() (here, there int, ok bool) {
	this := p.calls[p.at]
	here, _ = this.Out.Int()
	for i := p.at + 1; i < min(len(p.calls), p.at+near); i++ {
		later := p.calls[i]
		there, returned := later.Out.Int()
		if later.F == p.Remove && later.Type == history.OK && returned && later.Invoke > this.Complete && p.behind(here, there) {
			return here, there, true
		}
	}
	return 0, 0, false
}

// behind says that a value certainly came to stand behind another one, and before
// that was removed.
func (p *patient) behind(first, then int) bool {
	a, b := p.added[first], p.added[then]
	if a.Type != history.OK || b.Type != history.OK || p.removed[first].Invoke < max(a.Complete, b.Complete) {
		return false
	}
	switch p.Add {
	case Queue.Add:
		return a.Complete < b.Invoke
	case Stack.Add:
		return b.Complete < a.Invoke
	}
	return first < then
}

// reorder lets two removals change their answers.
func (p *patient) reorder() bool {
	here, there, ok := p.partner()
	if ok {
		p.answer(p.removed[here], history.Int(there))
		p.answer(p.removed[there], history.Int(here))
	}
	return ok
}

// lose lets a removal be none.
func (p *patient) lose() bool {
	here, _, ok := p.partner()
	if ok {
		op := &p.history.Ops[p.removed[here].Complete]
		op.Type, op.Value, op.Error = history.Fail, history.Value{}, "refused"
	}
	return ok
}

// duplicate lets a value be returned once more in place of another.
func (p *patient) duplicate() bool {
	_, there, ok := p.partner()
	if ok {
		p.answer(p.removed[there], p.calls[p.at].Out)
	}
	return ok
}

// invent lets a value be returned that nobody added.
func (p *patient) invent() bool {
	p.answer(p.calls[p.at], history.Int(-1))
	return true
}

// empty lets a removal find nothing.
func (p *patient) empty() bool {
	_, _, ok := p.partner()
	if ok {
		p.answer(p.calls[p.at], history.Value{})
	}
	return ok
}

// Mutate plants each fault in big histories, at many places, and fails if one is not
// found, or called something else.
func Mutate(t *testing.T, of object.Type, k Kind) {
	for _, unknown := range []float64{0, 0.01} {
		load := Load{Kind: k, Operations: 2000, Clients: 6, Unknown: unknown, Seed: 1}
		if v := verdict(t, of, load.History()); v.Validity != checkers.Valid {
			t.Errorf("unknown %v: %v: %s", unknown, v.Validity, v.Reason)
		}
		for _, fault := range Faults {
			for near := 50; near < 1500; near += 100 {
				h := load.History()
				if fault.Plant(load, h, near) {
					mutated(t, of, fault, h)
				} else if fault.certain || unknown == 0 {
					t.Errorf("there is no place for a fault %s after %d", fault.Name, near)
				}
			}
		}
	}
}

func mutated(t *testing.T, of object.Type, f Fault, h *history.History) {
	t.Helper()
	v := verdict(t, of, h)
	if v.Validity != checkers.Invalid {
		t.Errorf("%s: %v: %s", f.Name, v.Validity, v.Reason)
		return
	}
	script.PointsAtCalls(t, h, v)
	for _, name := range f.Found {
		if v.Findings[0].Anomaly == name {
			return
		}
	}
	t.Errorf("a fault %s is called %s: %s", f.Name, v.Findings[0].Anomaly, v.Findings[0].Text)
}

func verdict(t *testing.T, of object.Type, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := linearizability.New(of).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
