package diagram

import (
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/protocols"
	"github.com/assaykit/assay/harness/sim/explore"
	"github.com/assaykit/assay/harness/sim/trace"
)

// TestEventsCanHaveHappened makes events of real counterexamples on every network, and
// lets the trace judge them.
func TestEventsCanHaveHappened(t *testing.T) {
	for _, c := range []struct {
		protocol string
		chosen   protocols.Chosen
		change   func(*protocols.Setup)
		must     trace.Kind
	}{
		{"single-copy", nil, func(s *protocols.Setup) { s.Nodes = 2 }, trace.Complete},
		{"single-copy", nil, func(s *protocols.Setup) { s.Nodes, s.Network = 2, explore.Duplicating }, trace.Complete},
		{"single-copy", protocols.Chosen{"bug": "volatile"}, nil, trace.Restart},
		{"two-generals", nil, nil, trace.Drop},
		{"lease-lock", protocols.Chosen{"bug": "no-fencing"}, nil, trace.Timer},
		{"retry-queue", protocols.Chosen{"bug": "no-deduplication"}, func(s *protocols.Setup) {
			s.Timeouts, s.Faults.Duplicates = explore.Never, 1
		}, trace.Duplicate},
	} {
		p, err := protocols.Find(c.protocol)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Exploration.Setup(c.chosen)
		if c.change != nil {
			c.change(&s)
		}
		e, err := p.Exploration.System(s, c.chosen)
		if err != nil {
			t.Fatal(err)
		}
		result, err := e.Explore(t.Context(), explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		broken := 0
		for _, j := range result.Properties {
			if j.Validity != checkers.Invalid || j.Trace == nil {
				continue
			}
			broken++
			events := Events(j.Trace, j.Reason)
			if err := events.Verify(); err != nil {
				t.Errorf("%s: %v\n%v", c.protocol, err, j.Trace)
			}
			if !has(events, c.must) {
				t.Errorf("%s: no %v among the events", c.protocol, c.must)
			}
		}
		if broken == 0 {
			t.Errorf("%s: nothing is violated: %+v", c.protocol, result.Properties)
		}
	}
}

func has(t *trace.Trace, kind trace.Kind) bool {
	for _, e := range t.Events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}
