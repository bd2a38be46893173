package ledger

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/harness/history"
)

// judge names what is wrong with an order, the gravest if there is more, or
// nothing.
func (l *ledger) judge(o *order) (anomaly string) {
	switch {
	case o.seen != none && !l.sound(o):
		return l.madeUp(o)
	case o.twice != none:
		return DoubleCharge
	case o.odd != none:
		return WrongAmount
	case l.gone(o) != none:
		return Lost
	case o.has < len(l.finalsAfter(l.knownAt(o))):
		return Stale
	}
	return ""
}

// sound says that the order was not read before it can have been charged.
func (l *ledger) sound(o *order) bool {
	return o.possible != none && l.calls[o.possible].Invoke < l.calls[o.seen].Complete
}

// madeUp tells orders that were tried in vain from those that were not tried at
// all before they were read.
func (l *ledger) madeUp(o *order) string {
	if attempts := l.attempts(o); len(attempts) > 0 && l.calls[attempts[0]].Invoke < l.calls[o.seen].Complete {
		return AbortedRead
	}
	return Phantom
}

// finalsAfter are the final reads that were invoked after a time.
func (l *ledger) finalsAfter(at int) []reading {
	n, _ := slices.BinarySearchFunc(l.finals, at, func(r reading, t int) int { return cmp.Compare(l.calls[r.call].Invoke, t) })
	return l.finals[n:]
}

// gone is the first final read that should have the order, and was invoked after
// all reads that have it were done, or none.
func (l *ledger) gone(o *order) int {
	after := l.knownAt(o)
	if o.seenLast != none {
		after = max(after, l.calls[o.seenLast].Complete)
	}
	if after == never {
		return none
	}
	if lacking := l.finalsAfter(after); len(lacking) > 0 {
		return lacking[0].call
	}
	return none
}

// lacking is the first final read that should have the order and has not.
func (l *ledger) lacking(o *order) int {
	for _, r := range l.finalsAfter(l.knownAt(o)) {
		if !slices.ContainsFunc(r.entries, func(e entry) bool { return &l.orders[e.order] == o }) {
			return r.call
		}
	}
	return none
}

// open says that the order was acknowledged, and that no final read followed all
// its acknowledgements: it is not known whether it is there, and there once.
func (l *ledger) open(o *order) bool {
	return o.acked != none && len(l.finalsAfter(l.calls[o.ackedLast].Complete)) == 0
}

// culpable are the attempts that may have charged the order before a time.
func (l *ledger) culpable(o *order, by int) []int {
	return slices.DeleteFunc(l.attempts(o), func(i int) bool {
		return l.calls[i].Type == history.Fail || l.calls[i].Invoke > by
	})
}
