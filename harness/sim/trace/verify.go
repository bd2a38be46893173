package trace

import "fmt"

// Verify says what in a trace cannot have happened: an event on a lane that
// there is not, a message that arrives without having been sent, or more often
// than it was copied, an operation or a fault that ends without having begun, a
// time that goes back. It is for those who write traces, and for their tests.
func (t *Trace) Verify() error {
	v := verifier{
		lanes:  make(map[string]bool),
		copies: make(map[int]int),
		ends:   make(map[int][2]string),
		open:   make(map[int]string),
		faults: make(map[int]bool),
	}
	for _, name := range append(append([]string(nil), t.Nodes...), t.Clients...) {
		if v.lanes[name] {
			return fmt.Errorf("there are two lanes %q", name)
		}
		v.lanes[name] = true
	}
	for i, e := range t.Events {
		if i > 0 && e.At < t.Events[i-1].At {
			return fmt.Errorf("event %d, %s: it is earlier than the one before", i, e)
		}
		if err := v.event(e); err != nil {
			return fmt.Errorf("event %d, %s: %w", i, e, err)
		}
	}
	return nil
}

type verifier struct {
	lanes map[string]bool
	// copies are the copies of each message under way, ends its sender and
	// receiver.
	copies map[int]int
	ends   map[int][2]string
	// open are the operations that go on, and whose they are.
	open   map[int]string
	faults map[int]bool
}

func (v *verifier) event(e Event) error {
	for _, lane := range append([]string{e.Node, e.Peer}, e.Nodes...) {
		if lane != "" && !v.lanes[lane] {
			return fmt.Errorf("there is no lane %q", lane)
		}
	}
	switch {
	case e.Kind.message():
		return v.message(e)
	case e.Kind == Invoke, e.Kind == Complete:
		return v.operation(e)
	case e.Kind == Fault:
		v.faults[e.Number] = true
	case e.Kind == Heal:
		if !v.faults[e.Number] {
			return fmt.Errorf("there is no fault #%d in force", e.Number)
		}
		delete(v.faults, e.Number)
	}
	return nil
}

func (v *verifier) message(e Event) error {
	ends := [2]string{e.Node, e.Peer}
	if sent, ok := v.ends[e.Number]; e.Kind != Send && (!ok || sent != ends) {
		return fmt.Errorf("message #%d was not sent on this way", e.Number)
	}
	switch e.Kind {
	case Send:
		if _, again := v.ends[e.Number]; again {
			return fmt.Errorf("message #%d was sent before", e.Number)
		}
		v.ends[e.Number] = ends
		v.copies[e.Number] = 1
	case Duplicate:
		v.copies[e.Number]++
	default:
		if v.copies[e.Number]--; v.copies[e.Number] < 0 {
			return fmt.Errorf("no copy of message #%d is under way any more", e.Number)
		}
	}
	return nil
}

func (v *verifier) operation(e Event) error {
	owner, open := v.open[e.Number]
	if e.Kind == Invoke {
		if open {
			return fmt.Errorf("operation #%d goes on already", e.Number)
		}
		v.open[e.Number] = e.Node
		return nil
	}
	if !open || owner != e.Node {
		return fmt.Errorf("%s had not begun operation #%d", e.Node, e.Number)
	}
	delete(v.open, e.Number)
	return nil
}
