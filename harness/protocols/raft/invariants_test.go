package raft

import (
	"fmt"
	"reflect"

	"github.com/assaykit/assay/harness/actor"
)

// invariants are Raft's own promises (paper, figure 3), checked incrementally
// after every reaction.
type invariants struct {
	sim *simulation
	// leaders of each term.
	leaders map[int]actor.ID
	// entries by index and term, with the term before.
	entries map[place]seen
	// committed are the entries that some node has applied, by index from 1.
	committed []commitment
	// checked is what was seen of each node the last time.
	checked map[actor.ID]*progress
	broken  error
}

type place struct{ index, term int }

type seen struct {
	entry    Entry
	previous int
}

// commitment is a committed entry and the term of the leader that committed it,
// which is the first to know.
type commitment struct {
	entry Entry
	term  int
}

type progress struct {
	life, applied int
	log           []Entry
	role          Role
}

func newInvariants(s *simulation) *invariants {
	return &invariants{
		sim:     s,
		leaders: make(map[int]actor.ID),
		entries: make(map[place]seen),
		checked: make(map[actor.ID]*progress),
	}
}

func (v *invariants) check(n *simNode) {
	p := v.checked[n.id]
	if p == nil || p.life != n.life {
		p = &progress{life: n.life}
		v.checked[n.id] = p
	}
	v.logMatching(n, p)
	v.machineSafety(n, p)
	v.elections(n, p)
}

func (v *invariants) breaks(format string, args ...any) {
	if v.broken == nil {
		v.broken = fmt.Errorf("at %v: %s", v.sim.now, fmt.Sprintf(format, args...))
	}
}

// elections: one leader a term, and it has everything that was committed in
// earlier terms. (A vote that was delayed for long may still make a leader of a
// term that is over; it can commit nothing.)
func (v *invariants) elections(n *simNode, p *progress) {
	was := p.role
	p.role = n.state.Role
	if n.state.Role != LeaderRole || was == LeaderRole {
		return
	}
	if other, led := v.leaders[n.state.Term]; led && other != n.id {
		v.breaks("election safety: %s and %s lead term %d", other, n.id, n.state.Term)
	}
	v.leaders[n.state.Term] = n.id
	for i, c := range v.committed {
		if c.term < n.state.Term && (i >= len(n.state.Log) || !same(n.state.Log[i], c.entry)) {
			v.breaks("leader completeness: %s leads term %d without committed entry %d", n.id, n.state.Term, i+1)
			return
		}
	}
}

// logMatching: the same index and term is the same entry with the same past.
func (v *invariants) logMatching(n *simNode, p *progress) {
	log := n.state.Log
	from := min(len(p.log), len(log))
	for from > 0 && !same(p.log[from-1], log[from-1]) {
		from--
	}
	for i := from; i < len(log); i++ {
		at := place{i + 1, log[i].Term}
		now := seen{log[i], n.state.termAt(i)}
		if then, known := v.entries[at]; known && (then.previous != now.previous || !same(then.entry, now.entry)) {
			v.breaks("log matching: %s has another entry %d of term %d", n.id, at.index, at.term)
		}
		v.entries[at] = now
	}
	p.log = append(p.log[:from], log[from:]...)
}

// machineSafety: all nodes apply the same entries.
func (v *invariants) machineSafety(n *simNode, p *progress) {
	for ; p.applied < min(n.state.Applied, len(n.state.Log)); p.applied++ {
		e := n.state.Log[p.applied]
		switch {
		case p.applied == len(v.committed):
			v.committed = append(v.committed, commitment{e, n.state.Term})
		case !same(v.committed[p.applied].entry, e):
			v.breaks("state machine safety: %s applies another entry %d", n.id, p.applied+1)
		}
	}
}

func same(a, b Entry) bool { return reflect.DeepEqual(a, b) }
