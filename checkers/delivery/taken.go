package delivery

import (
	"cmp"
	"slices"
)

// due is a message that must have been taken from the queue by some time, though
// nobody is known to have received it by then.
type due struct {
	message *message
	// by is the time, and because the receive from which it follows.
	by, because int
	// copies is how many of it are due.
	copies int
}

// unexplained returns how many of the messages that are due cannot have been
// taken by receives of unknown outcome, and how many can. Each of these may have
// taken one message, at any time after its invocation. Serving the earliest due
// first leaves the fewest over; which ones is not known.
func (q *queue) unexplained(dues []due) (left, explained int) {
	dues = slices.Clone(dues)
	slices.SortFunc(dues, func(a, b due) int { return cmp.Compare(a.by, b.by) })
	free := 0
	next := 0
	for _, d := range dues {
		for next < len(q.blind) && q.calls[q.blind[next]].Invoke < d.by {
			next++
			free++
		}
		taken := min(free, d.copies)
		free -= taken
		explained += taken
		left += d.copies - taken
	}
	return left, explained
}

// missing are the acknowledged messages that nobody is known to have received and
// that were gone when the drain was over, and how many more there are about which
// the drain says nothing.
func (q *queue) missing() (gone []due, open int) {
	since, by := q.emptyBy()
	for i := range q.messages {
		m := &q.messages[i]
		switch copies := m.missing(); {
		case copies == 0:
		case m.acked < since:
			gone = append(gone, due{message: m, by: by, because: q.drained, copies: copies})
		default:
			open += copies
		}
	}
	return gone, open
}

// waiting returns a function that gives, for a time, the time until which some
// message that was acknowledged before then was certainly in the queue.
func (q *queue) waiting() func(at int) (until int) {
	type stay struct{ from, until int }
	var stays []stay
	for i := range q.messages {
		if m := &q.messages[i]; m.acks > 0 && m.sends == 1 && m.receives == 1 {
			stays = append(stays, stay{m.acked, q.calls[m.receive].Invoke})
		}
	}
	slices.SortFunc(stays, func(a, b stay) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(stays); i++ {
		stays[i].until = max(stays[i].until, stays[i-1].until)
	}
	return func(at int) int {
		n, _ := slices.BinarySearchFunc(stays, at, func(s stay, t int) int { return cmp.Compare(s.from, t) })
		if n == 0 {
			return none
		}
		return stays[n-1].until
	}
}
