package raft

import "time"

// forgetfulLock is after what time a lock is free again with the bug LockExpires.
const forgetfulLock = time.Second

// Hold is who holds a lock.
type Hold struct {
	// Owner is a number that clients choose, Token grows with each hold.
	Owner int `json:"owner"`
	Token int `json:"token"`
	// Expires is the tick at which the hold is over; 0 is never.
	Expires int `json:"expires,omitempty"`
	// Until is the same by a leader's own clock, for the bug LeaseInMemory only.
	Until time.Duration `json:"until,omitempty"`
}

// acquire takes a lock for the owner Value, for Old milliseconds or, if that is 0,
// until it is released.
func (o *Objects) acquire(c Command, bug Bug) Response {
	if h, held := o.Locks[c.Key]; held && h.Owner != c.Value {
		return Response{OK: true}
	}
	o.Tokens++
	h := Hold{Owner: c.Value, Token: o.Tokens}
	switch {
	case c.Old > 0:
		h.Expires = o.Ticks + ticksOf(time.Duration(c.Old)*time.Millisecond)
	case bug == LockExpires:
		h.Expires = o.Ticks + ticksOf(forgetfulLock)
	}
	assign(&o.Locks, c.Key, h)
	return Response{OK: true, Swapped: true, Number: h.Token}
}

func (o *Objects) release(c Command, _ Bug) Response {
	h, held := o.Locks[c.Key]
	if !held || h.Owner != c.Value {
		return Response{OK: true}
	}
	delete(o.Locks, c.Key)
	return Response{OK: true, Swapped: true}
}

// holdInMemory is what a leader does with the bug LeaseInMemory: nobody else knows who
// holds a lock.
func (n node) holdInMemory(c Command) Response {
	h, held := n.Lead.Locks[c.Key]
	held = held && (h.Until == 0 || n.WallClock() < h.Until)
	switch {
	case held && h.Owner != c.Value, !held && c.F == "release":
		return Response{OK: true}
	case c.F == "release":
		delete(n.Lead.Locks, c.Key)
		return Response{OK: true, Swapped: true}
	case held: // the request was sent again
		return Response{OK: true, Swapped: true, Number: h.Token}
	}
	n.Lead.Tokens++
	h = Hold{Owner: c.Value, Token: n.Term<<32 + n.Lead.Tokens}
	if c.Old > 0 {
		h.Until = n.WallClock() + time.Duration(c.Old)*time.Millisecond
	}
	assign(&n.Lead.Locks, c.Key, h)
	return Response{OK: true, Swapped: true, Number: h.Token}
}
