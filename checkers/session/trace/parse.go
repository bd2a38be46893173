package trace

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// Parse reads the operations of registers, which are
//
//   - read: Ok with an integer, or null if not found;
//   - write: of an integer;
//   - cas: of [old, new]. Ok means that it was swapped. A Fail whose Error is
//     history.Mismatch says that the register did not hold old at some moment of
//     the call.
//
// Every other Fail had no effect. An Info may have happened at any later time,
// or never.
//
// A session is a process, which ends with its first operation of unknown outcome.
// If clients is above 0, it is a client instead: the processes that are equal
// modulo clients, as a client goes on under a number that is larger by so much.
func Parse(h *history.History, clients int) (*Trace, error) {
	p := parser{
		Trace:    &Trace{Calls: h.Calls()},
		clients:  clients,
		sessions: map[int]int32{}, keys: map[string]int32{}, values: map[written]int32{},
	}
	p.Ops = make([]Op, 0, len(p.Calls))
	for i := range p.Calls {
		call := &p.Calls[i]
		if err := p.add(int32(i)); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("key", call.Key), err)
		}
	}
	p.Sessions = len(p.sessions)
	if err := p.oneAtATime(); err != nil {
		return nil, err
	}
	p.infer()
	p.suspect()
	return p.Trace, nil
}

// oneAtATime returns an error if a session began an operation before the one before
// it was answered. With the wrong number of clients, what seems to be a session
// is several.
func (p *parser) oneAtATime() error {
	until := make([]int, p.Sessions)
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.Start < until[op.Session] {
			return fmt.Errorf("op %d (%s): the session of process %d had not yet been answered: are there %d clients?",
				op.Start, p.Calls[op.Call].F, p.Calls[op.Call].Process, p.clients)
		}
		if op.Acknowledged {
			until[op.Session] = op.End
		}
	}
	return nil
}

type parser struct {
	*Trace
	clients  int
	sessions map[int]int32
	keys     map[string]int32
	values   map[written]int32
}

// written is a value of a key.
type written struct {
	key    int32
	number int
}

func (p *parser) add(at int32) error {
	call := &p.Calls[at]
	op := Op{Key: p.key(call.Key), Session: p.session(call.Process), Found: None, Left: None,
		Call: at, Start: call.Invoke, End: Never, Due: Never}
	if err := p.fill(&op, call); err != nil {
		return err
	}
	refused := op.Kind == Mismatch && call.Type == history.Fail
	op.Acknowledged = call.Type == history.OK || refused
	op.Certain = op.Acknowledged
	if op.Acknowledged {
		op.End, op.Due = call.Complete, call.Complete
	}
	switch {
	case call.Type == history.Fail && !refused:
		p.fail(&op)
	case op.Acknowledged || op.Changes():
		p.keep(op)
	}
	return nil
}

// fail notes what a failed operation would have left.
func (p *parser) fail(op *Op) {
	if op.Changes() {
		p.Values[op.Left].Failed = op.Call
	}
}

func (p *parser) keep(op Op) {
	if op.Finds() {
		p.Values[op.Found].Finders++
	}
	if op.Kind == Mismatch {
		p.Keys[op.Key].Mismatches++
	}
	if op.Changes() {
		v := &p.Values[op.Left]
		if v.Writers == 0 {
			v.Writer = int32(len(p.Ops))
		}
		v.Writers++
	}
	p.Ops = append(p.Ops, op)
}

func (p *parser) fill(op *Op, call *history.Call) error {
	switch call.F {
	case "read":
		return p.fillRead(op, call)
	case "write":
		n, ok := call.In.Int()
		if !ok {
			return fmt.Errorf("it writes %v, which is no integer", call.In)
		}
		op.Kind, op.Left = Write, p.value(op.Key, n)
		return nil
	case "cas":
		return p.fillCompareAndSet(op, call)
	}
	return fmt.Errorf("a register has no such operation")
}

func (p *parser) fillRead(op *Op, call *history.Call) error {
	op.Found = p.Keys[op.Key].Initial
	if call.Type != history.OK || call.Out.IsNil() {
		return nil
	}
	n, ok := call.Out.Int()
	if !ok {
		return fmt.Errorf("it read %v, which is neither an integer nor null", call.Out)
	}
	op.Found = p.value(op.Key, n)
	return nil
}

// fillCompareAndSet reads [old, new]. Where both are the same, nothing is changed:
// it was a read, or, with an unknown outcome, nothing at all.
func (p *parser) fillCompareAndSet(op *Op, call *history.Call) error {
	items, _ := call.In.Items()
	if len(items) != 2 {
		return fmt.Errorf("its argument is %v, not [old new]", call.In)
	}
	before, ok1 := items[0].Int()
	after, ok2 := items[1].Int()
	if !ok1 || !ok2 {
		return fmt.Errorf("its argument is %v, not two integers", call.In)
	}
	op.Found = p.value(op.Key, before)
	switch {
	case call.Type == history.Fail && call.Error == history.Mismatch:
		op.Kind = Mismatch
	case before == after:
		op.Kind = Read
	default:
		op.Kind, op.Left = CompareAndSet, p.value(op.Key, after)
	}
	return nil
}

func (p *parser) session(process int) int32 {
	if p.clients > 0 {
		process %= p.clients
	}
	at, known := p.sessions[process]
	if !known {
		at = int32(len(p.sessions))
		p.sessions[process] = at
	}
	return at
}

func (p *parser) key(name string) int32 {
	at, known := p.keys[name]
	if !known {
		at = int32(len(p.Keys))
		p.keys[name] = at
		p.Keys = append(p.Keys, Key{Name: name, Initial: int32(len(p.Values))})
		p.Values = append(p.Values, Value{Key: at, Initial: true, Writer: None, Failed: None})
	}
	return at
}

func (p *parser) value(key int32, number int) int32 {
	at, known := p.values[written{key, number}]
	if !known {
		at = int32(len(p.Values))
		p.values[written{key, number}] = at
		p.Values = append(p.Values, Value{Key: key, Number: number, Writer: None, Failed: None})
	}
	return at
}
