package raft

import "time"

// Leases of the replicated state are counted in ticks, which are entries of the log:
// all nodes agree on what is over, whatever their clocks say. A leader proposes one
// when as long as a tick has passed since the last one that it proposed, or since it
// leads. So k ticks behind an entry were proposed at least k-1 times that long after
// it, also by several leaders in a row. Ticks may be late, but never come early.
const (
	tick         = "tick"
	tickTimer    = "tick"
	tickInterval = 100 * time.Millisecond
)

// ticksOf is how many ticks last at least as long as the time.
func ticksOf(d time.Duration) int {
	return int((d+tickInterval-1)/tickInterval) + 1
}

// keepTime is called when entries were applied. The clock runs only while somebody
// waits for it.
func (n node) keepTime() {
	if n.Role == LeaderRole && !n.Lead.Ticking && n.Machine.Objects.leased() {
		n.Lead.Ticking = true
		n.SetTimer(tickTimer, tickInterval)
	}
}

func (n node) tick() {
	if n.Role != LeaderRole {
		return
	}
	n.Lead.Ticking = false
	n.propose(Entry{Command: Command{F: tick}})
}

// leased says that something waits for its lease to be over.
func (o *Objects) leased() bool {
	for _, m := range o.Mailboxes {
		if len(m.Taken) > 0 {
			return true
		}
	}
	for _, h := range o.Locks {
		if h.Expires > 0 {
			return true
		}
	}
	return false
}

func (o *Objects) tick(Command, Bug) Response {
	o.Ticks++
	for _, m := range o.Mailboxes {
		m.expire(o.Ticks)
	}
	for name, h := range o.Locks {
		if h.Expires > 0 && h.Expires <= o.Ticks {
			delete(o.Locks, name)
		}
	}
	return Response{OK: true}
}
