package collection

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Moments are, for each answer that the collection was empty, the first moment of
// the call at which that can have been so, as far as one can tell without asking in
// which order values are removed: no value that was removed lasted through it, and
// those that stay are not more than the blind removals invoked before. Where there
// is none, it is a contradiction. A moment is the time right after the place in the
// history.
//
// Only the number of values that stay counts, for all of them have to be gone.
func (l *Lives) Moments() (moments []int, c *Contradiction) {
	if len(l.Empty) == 0 {
		return nil, nil
	}
	filled := l.overfull()
	for i := range l.Removed {
		if life := &l.Removed[i]; life.Lasting() {
			filled = append(filled, Span{From: life.AddEnd, To: life.RemoveStart})
		}
	}
	full := NewUnion(filled)
	for _, empty := range l.Empty {
		from, to := l.Start(empty), l.End(empty)
		moment := full.End(from)
		if moment >= to {
			return nil, &Contradiction{Anomaly: WrongEmpty, Culprit: empty, Lives: l.inTheWay(from, to)}
		}
		moments = append(moments, moment)
	}
	return moments, nil
}

// overfull is when more of the staying values had been added than blind removals
// can have taken.
func (l *Lives) overfull() []Span {
	var spans []Span
	for n, taken := 0, 0; n+taken < len(l.Staying)+len(l.Blind); {
		from := l.changes(n, taken)
		if n < len(l.Staying) && l.Staying[n].AddEnd == from {
			n++
		} else {
			taken++
		}
		if n > taken {
			spans = append(spans, Span{From: from, To: l.changes(n, taken)})
		}
	}
	return spans
}

// changes is when the number of staying values or that of removals changes next.
func (l *Lives) changes(n, taken int) int {
	at := object.Never
	if n < len(l.Staying) {
		at = l.Staying[n].AddEnd
	}
	if taken < len(l.Blind) {
		at = min(at, l.Start(l.Blind[taken]))
	}
	return at
}

// inTheWay are values of which at every moment from..to one must have been there:
// as few as possible. While there are too many of the staying ones, it is not known
// which of them; the first to be added are enough to be too many.
func (l *Lives) inTheWay(from, to int) []Life {
	all := slices.Clone(l.Removed)
	for _, s := range l.overfull() {
		all = append(all, Life{Add: None, Remove: None, AddEnd: s.From, RemoveStart: s.To})
	}
	anonymous := func(life Life) bool { return life.Add == None }
	chain := Chain(all, from, to)
	if slices.ContainsFunc(chain, anonymous) {
		chain = append(slices.DeleteFunc(chain, anonymous), l.Staying[:min(len(l.Staying), l.BlindBefore(to)+1)]...)
	}
	return chain
}

// BlindBefore is how many blind removals were invoked before a time.
func (l *Lives) BlindBefore(time int) int {
	n, _ := slices.BinarySearchFunc(l.Blind, time, func(blind int32, time int) int { return l.Start(blind) - time })
	return n
}
