package staleness

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/harness/history"
)

// zone is the time between the first moment at which a value was certainly there
// and the last one at which somebody has to have found it still there. The
// latter may be the earlier one; then the zone is a backward one. Times are twice
// the places in the history, so that there is room between them.
type zone struct {
	value int32
	// there and last are its ends, and reader who found it last, or None if that
	// was its writer.
	there, last int
	reader      int32
}

func (z *zone) forward() bool { return z.there < z.last }

// zones are those of all values, when each read may have happened so long before
// its invocation. It is false if nobody knows who wrote what a read found.
func (r *register) zones(h *history.History, slack time.Duration) ([]zone, bool) {
	initial := r.trace.Keys[r.key].Initial
	place := map[int32]int{initial: 0}
	zones := []zone{{value: initial, there: -2, last: -2, reader: trace.None}}
	for i, w := range r.writes {
		value := r.trace.Ops[w].Left
		if r.trace.Values[value].Writers == 1 {
			place[value] = len(zones)
		}
		zones = append(zones, zone{value: value, there: 2 * r.dues[i], last: 2 * r.starts[i], reader: trace.None})
	}
	for _, read := range r.reads {
		op := &r.trace.Ops[read]
		if _, known := r.trace.Source(op.Found); !known {
			return nil, false
		}
		z := &zones[place[op.Found]]
		if from := earliest(h, op.Start, slack); from > z.last {
			z.last, z.reader = from, read
		}
	}
	return zones, true
}

// earliest is the time from which on a read may have happened.
func earliest(h *history.History, start int, slack time.Duration) int {
	if slack == 0 {
		return 2 * start
	}
	from := h.Ops[start].Time - slack
	return 2*sort.Search(start, func(i int) bool { return h.Ops[i].Time >= from }) - 1
}

// clash are two zones that exclude each other: two forward ones that overlap, or
// a backward one within a forward one. Without a clash, there is an order of all
// reads and writes in which each read finds what was written last (Gibbons and
// Korach, Testing Shared Memories, 1997).
func clash(zones []zone) (a, b *zone) {
	var forward []*zone
	for i := range zones {
		if zones[i].forward() {
			forward = append(forward, &zones[i])
		}
	}
	slices.SortFunc(forward, func(a, b *zone) int { return cmp.Compare(a.there, b.there) })
	for i := 1; i < len(forward); i++ {
		if forward[i].there < forward[i-1].last {
			return forward[i-1], forward[i]
		}
	}
	for i := range zones {
		z := &zones[i]
		if z.forward() {
			continue
		}
		next := sort.Search(len(forward), func(i int) bool { return forward[i].there >= z.last })
		if next > 0 && z.there < forward[next-1].last {
			return forward[next-1], z
		}
	}
	return nil, nil
}

// withinAge says whether some order of the writes keeps each read of the register
// within a bound. If none does, it returns the two values that show it.
func (r *register) withinAge(h *history.History, bound time.Duration) (v checkers.Validity, a, b *zone) {
	zones, known := r.zones(h, bound)
	if !known {
		return checkers.Unknown, nil, nil
	}
	if a, b = clash(zones); a != nil {
		return checkers.Invalid, a, b
	}
	return checkers.Valid, nil, nil
}

// withinVersions says whether some order of the writes keeps each read of the
// register within a bound. If none does, it returns writes that show it. Beyond a
// bound of 1, only the order in which the writes were certainly there is tried, and
// those in which no read is behind by more than one: no efficient way is known to
// try all of them.
func (r *register) withinVersions(bound int) (checkers.Validity, []candidate) {
	for _, read := range r.reads {
		if _, known := r.trace.Source(r.trace.Ops[read].Found); !known {
			return checkers.Unknown, nil
		}
	}
	contradiction, is := inOrder(r.candidates())
	switch {
	case is == checkers.Valid, is == checkers.Unknown && bound == 1:
		return is, nil
	case bound == 1:
		return checkers.Invalid, smallest(contradiction)
	}
	dues := slices.Sorted(slices.Values(r.dues))
	for _, read := range r.reads {
		there, _ := r.there(read)
		if sort.SearchInts(dues, r.trace.Ops[read].Start)-sort.SearchInts(dues, there+1) > bound {
			return checkers.Unknown, nil
		}
	}
	return checkers.Valid, nil
}
