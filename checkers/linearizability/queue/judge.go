package queue

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// judge finds what is wrong with a queue. If every value is added once
// and all outcomes are known, these are all the ways in which it can be wrong
// (Henzinger, Sezgin and Vafeiadis, 2013):
//
//   - a value was removed that nobody had added, or twice: see Lives;
//   - x was added before y, y was removed, and x was removed later or not at all;
//   - the queue was called empty while there was some value in it all the time.
//
// An uncertain addition is one that was seen, or it would not be here. That leaves
// uncertain removals, each of which may have taken one value. The values that
// nobody is known to have removed, and that have been passed over by a time, need
// as many such removals invoked before that time. A value is passed over when
// another one that was added after it has been removed. A moment in which the queue
// is called empty needs as many removals as there were values by then that nobody is
// known to have removed. Those that are passed over, or have to be gone, by a time
// are always the first to be added, so that only their number counts: if at each
// such time there are enough removals, the first value to be passed over may go to
// the first removal, and so on, and none of the patterns is left (Hall's marriage
// theorem, for sets that contain one another). Where several moments could be
// called empty, the choice for one answer does not bear on others.
func judge(l *collection.Lives) (object.Outcome, *collection.Contradiction) {
	for _, find := range []func(*collection.Lives) *collection.Contradiction{reordered, lost, wrongEmpty} {
		if c := find(l); c != nil {
			return object.Illegal, c
		}
	}
	return object.Legal, nil
}

// reordered finds a value that was removed before one that had been added earlier.
// Of all the values that were added before another one was, that one is asked whose
// removal began last.
func reordered(l *collection.Lives) *collection.Contradiction {
	byEnd := make([]int32, len(l.Removed))
	for i := range byEnd {
		byEnd[i] = int32(i)
	}
	slices.SortFunc(byEnd, func(a, b int32) int { return l.Removed[a].AddEnd - l.Removed[b].AddEnd })
	next, last := 0, -1
	for i := range l.Removed {
		y := &l.Removed[i]
		for ; next < len(byEnd) && l.Removed[byEnd[next]].AddEnd < y.AddStart; next++ {
			if x := int(byEnd[next]); last < 0 || l.Removed[x].RemoveStart > l.Removed[last].RemoveStart {
				last = x
			}
		}
		if last >= 0 && l.Removed[last].RemoveStart > y.RemoveEnd {
			return &collection.Contradiction{Anomaly: collection.Reordered, Culprit: y.Remove, Lives: []collection.Life{l.Removed[last], *y}}
		}
	}
	return nil
}

// lost finds more values that were passed over than blind removals can have taken.
// The first values to be added are also the first to be passed over.
func lost(l *collection.Lives) *collection.Contradiction {
	by := passedBy(l)
	for n := range by {
		if by[n] == nil || by[n].RemoveEnd == object.Never {
			return nil
		}
		if l.BlindBefore(by[n].RemoveEnd) <= n {
			return &collection.Contradiction{Anomaly: collection.Lost, Culprit: by[n].Remove, Lives: append(slices.Clone(l.Staying[:n+1]), *by[n])}
		}
	}
	return nil
}

// passedBy is, for each value that stays, of those that were added after it the one
// that was removed first.
func passedBy(l *collection.Lives) []*collection.Life {
	by := make([]*collection.Life, len(l.Staying))
	var first *collection.Life
	next := len(l.Removed) - 1
	for n := len(by) - 1; n >= 0; n-- {
		for ; next >= 0 && l.Removed[next].AddStart > l.Staying[n].AddEnd; next-- {
			if life := &l.Removed[next]; first == nil || life.RemoveEnd < first.RemoveEnd {
				first = life
			}
		}
		by[n] = first
	}
	return by
}

// wrongEmpty finds an answer that the queue was empty which came at no time at
// which it can have been.
func wrongEmpty(l *collection.Lives) *collection.Contradiction {
	_, c := l.Moments()
	return c
}
