package leaselock

import (
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Workshop is the lock in use: the first node keeps it, the second stores something
// that only its holder may write, and all others are workers. Each acquires the lock,
// and when it has been told that it holds it, writes once. A write takes as long as
// it likes, like any message.
type Workshop struct{ Lock Actor }

// Place is one node of the workshop, of which a part is used.
type Place struct {
	Keeper  State   `json:"keeper,omitzero"`
	Storage Storage `json:"storage,omitzero"`
	// Waiting are the workers that want the lock.
	Waiting []actor.ID `json:"waiting,omitempty"`
	// Held is what hold a worker was told that it has.
	Held int `json:"held,omitempty"`
}

// Storage is written to by one holder after the other.
type Storage struct {
	// Written are the holds whose writes were accepted, in this order.
	Written []int `json:"written,omitempty"`
}

// Note is a message in the workshop.
type Note struct {
	Kind NoteKind `json:"kind"`
	// Hold counts the holds from 1. Token is the same, or 0 without fencing.
	Hold  int `json:"hold,omitempty"`
	Token int `json:"token,omitempty"`
}

// NoteKind says what a note is.
type NoteKind string

const (
	// WantLock and GiveLock are between a worker and the keeper, Store goes to the
	// storage.
	WantLock NoteKind = "want lock"
	GiveLock NoteKind = "give lock"
	Store    NoteKind = "store"
)

var _ actor.Actor[Place, Note] = Workshop{}

// Start implements actor.Actor.
func (w Workshop) Start(c actor.Context[Note], _ [][]byte) Place {
	if all := everybody(c); c.Self() != all[0] && c.Self() != all[1] {
		c.Send(all[0], Note{Kind: WantLock})
	}
	return Place{}
}

func everybody(c actor.Context[Note]) []actor.ID {
	all := append([]actor.ID{c.Self()}, c.Peers()...)
	slices.Sort(all)
	return all
}

// Receive implements actor.Actor.
func (w Workshop) Receive(c actor.Context[Note], p *Place, from actor.ID, n Note) {
	switch n.Kind {
	case WantLock:
		p.Waiting = append(p.Waiting, from)
		w.give(c, p)
	case GiveLock:
		p.Held = n.Hold
		c.Send(everybody(c)[1], Note{Kind: Store, Hold: n.Hold, Token: n.Token})
	case Store:
		p.Storage.store(n)
	}
}

// give gives the lock to the first who waits, if it is free.
func (w Workshop) give(c actor.Context[Note], p *Place) {
	if p.Keeper.Hold != nil || len(p.Waiting) == 0 {
		return
	}
	worker := p.Waiting[0]
	p.Waiting = append([]actor.ID(nil), p.Waiting[1:]...)
	owner := slices.Index(everybody(c), worker)
	answer := node{quiet{c}, &p.Keeper, w.Lock}.acquire(owner, time.Second)
	c.Send(worker, Note{Kind: GiveLock, Hold: p.Keeper.Hold.Token, Token: answer.Number})
}

// store accepts a write, unless its token says that it comes too late.
func (s *Storage) store(n Note) {
	if n.Token > 0 && len(s.Written) > 0 && n.Token < slices.Max(s.Written) {
		return
	}
	s.Written = append(s.Written, n.Hold)
}

// InOrder returns an error if a holder has written after a later one had.
func (s Storage) InOrder() error {
	if !slices.IsSorted(s.Written) {
		return fmt.Errorf("the storage accepted writes of the holds %v in this order", s.Written)
	}
	return nil
}

// Timer implements actor.Actor: a lease is over.
func (w Workshop) Timer(c actor.Context[Note], p *Place, _ string) {
	p.Keeper.Hold = nil
	w.give(c, p)
}

// Request implements actor.Actor. The workshop has no clients.
func (w Workshop) Request(c actor.Context[Note], _ *Place, request uint64, _ []byte) {
	c.Reply(request, call.Refused("the workshop takes no requests").Body())
}

// quiet is a context for the lock's own code, which sends and answers nothing when it
// only gives the lock away, and whose holds are not to survive a restart here.
type quiet struct{ actor.Context[Note] }

func (quiet) Send(actor.ID, Message) { panic("giving the lock away sends nothing") }
func (quiet) Persist([]byte)         {}
