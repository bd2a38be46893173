package sequential

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/session/trace"
)

// join makes a history with fewer sessions, where one that begins after another
// one has ended goes on in its place. Nobody promised that: an order of the
// result is one of the history, but not the other way round. It is a good guess,
// as most systems are better than they have to be, and where operations of unknown
// outcome have cut clients into many sessions it is found far sooner. It returns
// false if there is little to join.
func join(t *trace.Trace) (*trace.Trace, bool) {
	type span struct{ session, start, end int }
	spans := make([]span, t.Sessions)
	for i := range spans {
		spans[i] = span{i, trace.Never, 0}
	}
	for i := range t.Ops {
		op := &t.Ops[i]
		s := &spans[op.Session]
		s.start, s.end = min(s.start, op.Start), max(s.end, op.Start)
		if op.Acknowledged {
			s.end = max(s.end, op.End)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	goesOn := make([]int32, t.Sessions)
	var ends []int // of the joined ones
	for _, s := range spans {
		at := slices.IndexFunc(ends, func(end int) bool { return end < s.start })
		if at < 0 {
			at = len(ends)
			ends = append(ends, 0)
		}
		ends[at], goesOn[s.session] = s.end, int32(at)
	}
	if 2*len(ends) > t.Sessions {
		return nil, false
	}
	joined := *t
	joined.Ops, joined.Sessions = slices.Clone(t.Ops), len(ends)
	for i := range joined.Ops {
		joined.Ops[i].Session = goesOn[joined.Ops[i].Session]
	}
	return &joined, true
}
