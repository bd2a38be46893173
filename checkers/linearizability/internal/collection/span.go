package collection

import "slices"

// Union is times during which something is so, as spans without common parts in
// order of time.
type Union []Span

// Span is the time between two places in the history.
type Span struct{ From, To int }

// NewUnion joins spans, whose order it changes.
func NewUnion(spans []Span) Union {
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, s.To)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// End is when it is next not so, from a moment on.
func (u Union) End(from int) int {
	at, _ := slices.BinarySearchFunc(u, from, func(s Span, from int) int {
		if s.To <= from {
			return -1
		}
		return 1
	})
	if at < len(u) && u[at].From <= from {
		return u[at].To
	}
	return from
}

// Chain is the smallest number of lives whose times of certain presence cover all
// of from..to, or nil if they do not. Whoever reaches farthest comes next, which is
// as good as anything else can be.
func Chain(lives []Life, from, to int) []Life {
	var sure []*Life
	for i := range lives {
		if life := &lives[i]; life.Lasting() && life.AddEnd < to && life.RemoveStart > from {
			sure = append(sure, life)
		}
	}
	slices.SortFunc(sure, func(a, b *Life) int { return a.AddEnd - b.AddEnd })
	var chain []Life
	for next := 0; from < to; {
		var best *Life
		for ; next < len(sure) && sure[next].AddEnd <= from; next++ {
			if best == nil || sure[next].RemoveStart > best.RemoveStart {
				best = sure[next]
			}
		}
		if best == nil || best.RemoveStart <= from {
			return nil
		}
		chain = append(chain, *best)
		from = best.RemoveStart
	}
	return chain
}
