package protocols

import (
	"fmt"

	"github.com/assaykit/assay/harness/protocols/call"
	"github.com/assaykit/assay/harness/protocols/twophase"
	"github.com/assaykit/assay/harness/sim/explore"
)

type (
	twophaseView     = explore.View[twophase.State, twophase.Message]
	twophaseProperty = explore.Property[twophaseView]
)

func exploreTwoPhaseCommit() *Exploration {
	return &Exploration{
		LeastNodes: 1, LeastClients: 1, Symmetric: true,
		Setup: func(c Chosen) Setup {
			s := Setup{Nodes: 3, Clients: 2, Timeouts: 1}
			if c.bug() == "tell-first" {
				s.Faults = explore.Faults{Crashes: 1, Restarts: 1}
			}
			return s
		},
		System: func(s Setup, c Chosen) (explore.Explorer, error) {
			scripts := make([][]explore.Call, s.Clients)
			for i := range scripts {
				scripts[i] = []explore.Call{proposes(i + 1)}
			}
			system := assemble(s, twophaseWith(c), scripts...)
			system.Properties = []twophaseProperty{
				explore.Always("all nodes or none commit", atomic),
				explore.Always("clients are told what is committed", toldTheTruth),
				explore.Sometimes("a transaction is committed everywhere", committedEverywhere),
			}
			return symmetric(s, system)
		},
	}
}

// atomic is the promise of atomic commitment: no node commits what another one aborts,
// and no two commit different transactions.
func atomic(v twophaseView) error {
	for id, s := range v.States() {
		if s.Committed == nil {
			continue
		}
		for other, o := range v.States() {
			switch {
			case o.Aborted[s.Committed.Request]:
				return fmt.Errorf("%s has committed %d, and %s has aborted it", id, s.Committed.Value, other)
			case o.Committed != nil && *o.Committed != *s.Committed:
				return fmt.Errorf("%s has committed %d, and %s has committed %d", id, s.Committed.Value, other, o.Committed.Value)
			}
		}
	}
	return nil
}

// toldTheTruth says that whatever a client was told is decided is committed somewhere.
func toldTheTruth(v twophaseView) error {
	for m := range v.Messages() {
		a, err := call.ParseAnswer(m.Reply)
		if m.Reply == nil || err != nil || !a.Found {
			continue
		}
		if !committedSomewhere(v, a.Value) {
			return fmt.Errorf("%s tells %s of %d, which no node has committed", m.From, m.To, a.Value)
		}
	}
	return nil
}

func committedSomewhere(v twophaseView, value int) bool {
	for _, s := range v.States() {
		if s.Committed != nil && s.Committed.Value == value {
			return true
		}
	}
	return false
}

func committedEverywhere(v twophaseView) bool {
	for _, s := range v.States() {
		if s.Committed == nil {
			return false
		}
	}
	return true
}
