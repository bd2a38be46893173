package world

import "time"

// timer is a named timer of a process. It keeps one event in the future: a timer
// that is set again and again, as that of an election, only moves its time.
type timer struct {
	node *Node
	life int
	name string
	at   time.Duration
	set  bool
	// alarm is when its event comes, if one is planned; queued says that it has gone
	// off and waits in the inbox.
	alarm           time.Duration
	planned, queued bool
}

func (n *Node) timerOf(name string) *timer {
	for _, t := range n.timers {
		if t.name == name {
			return t
		}
	}
	t := &timer{node: n, life: n.life, name: name}
	n.timers = append(n.timers, t)
	return t
}

func (n *Node) setTimer(name string, after time.Duration) {
	t := n.timerOf(name)
	t.at, t.set = n.w.time.Elapsed()+max(0, after), true
	t.plan()
}

func (n *Node) cancelTimer(name string) { n.timerOf(name).set = false }

// plan makes sure that an event comes no later than the timer's time.
func (t *timer) plan() {
	if t.planned && t.alarm <= t.at {
		return
	}
	t.planned, t.alarm = true, t.at
	t.node.w.time.After(t.at-t.node.w.time.Elapsed(), t)
}

// Act implements virtual.Action.
func (t *timer) Act() {
	n := t.node
	if n.process == nil || n.life != t.life || n.w.time.Elapsed() < t.alarm {
		return // or a later event of it was made void by an earlier one
	}
	t.planned = false
	switch {
	case !t.set || t.queued:
	case t.at > n.w.time.Elapsed():
		t.plan()
	default:
		t.queued = true
		n.take(input{timer: t})
	}
}

// ring says whether the timer still goes off when its turn has come: it may have
// been set anew, or cancelled, while it waited in the inbox.
func (t *timer) ring() bool {
	t.queued = false
	if !t.set {
		return false
	}
	if t.at > t.node.w.time.Elapsed() {
		t.plan()
		return false
	}
	t.set = false
	return true
}
