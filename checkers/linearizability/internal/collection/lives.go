package collection

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// None is no operation.
const None = -1

// Life is what is known of a value from its addition to its removal.
type Life struct {
	Value int32
	// Add and Remove are the places of the operations. Remove is None if nobody
	// is known to have removed it.
	Add, Remove int32
	// It was added between AddStart and AddEnd, which is not after RemoveEnd, and
	// removed between RemoveStart and RemoveEnd. RemoveEnd is Never if it need not
	// have been removed, and RemoveStart too if only a blind removal can have done
	// so.
	AddStart, AddEnd, RemoveStart, RemoveEnd int
}

// Stays says that nobody is known to have removed the value.
func (l *Life) Stays() bool { return l.Remove == None }

// Lasting says that the value was certainly there from AddEnd to RemoveStart.
func (l *Life) Lasting() bool { return l.AddEnd < l.RemoveStart }

// Pairing says which of several equal values was removed by which removal.
type Pairing uint8

const (
	// InOrder is for collections in which equal values may as well be removed in
	// the order of their additions.
	InOrder Pairing = iota
	// Latest guesses that it was the one that was added last.
	Latest
)

// Lives are the values of a history in normal form.
type Lives struct {
	// Removed are those that somebody is known to have removed, in the order of
	// AddStart, and Staying the others, in the order of AddEnd.
	Removed, Staying []Life
	// Blind and Empty are the places of removals that may have taken anything, and
	// that found nothing, in the order of their starts.
	Blind, Empty []int32
	// Exact is set if the history is linearizable only if these lives are possible.
	// It always is if they are.
	Exact bool
	// Wrong is set if a value was removed more often than it had been added.
	Wrong *Contradiction

	ops []object.Op
	// remover is the place of the removal for an addition, None if there is none,
	// or absent if the addition may as well not have happened.
	remover []int32
}

const absent = -2

// Lives pairs additions and removals. It is not ok if it cannot.
//
// Of equal values it is unknown who removed which. If the additions are ordered,
// in that each of them was both invoked and done before the next one, then in any
// order of operations the places of two that stand the other way round can be
// exchanged; and so for the removals. Where equal values are removed in the order
// of their additions, which is always so in a queue, and makes no difference in a
// priority queue, the first removal is that of the first addition, and so on,
// unless somebody else may have removed one.
func (h *History) Lives(ops []object.Op, p Pairing) (l *Lives, ok bool) {
	l = &Lives{Exact: true, ops: ops, remover: make([]int32, len(ops))}
	for i := range ops {
		switch l.remover[i] = None; ops[i].Class {
		case Blind:
			l.Blind = append(l.Blind, int32(i))
		case Empty:
			l.Empty = append(l.Empty, int32(i))
		}
	}
	g := h.byValue(ops)
	for i := range g.of {
		l.count(g.adds(i), g.removes(i))
	}
	if l.Wrong != nil {
		return l, true
	}
	for i := range g.of {
		l.pair(g.adds(i), g.removes(i), p)
	}
	return l, l.live(len(g.of))
}

// count finds removals that come too often for the additions that were invoked
// before they were done; of all such the first one.
func (l *Lives) count(adds, removes []int32) {
	if len(adds) == 1 && len(removes) == 1 && l.ops[removes[0]].End > l.ops[adds[0]].Start {
		return
	}
	done := slices.DeleteFunc(slices.Clone(removes), func(i int32) bool { return l.ops[i].Maybe })
	slices.SortFunc(done, func(i, j int32) int { return l.ops[i].End - l.ops[j].End })
	for n, i := range done {
		if n < len(adds) && l.ops[adds[n]].Start < l.ops[i].End {
			continue
		}
		if l.Wrong == nil || l.ops[i].End < l.ops[l.Wrong.Culprit].End {
			l.Wrong = tooMany(adds, done[:n+1])
		}
		return
	}
}

func tooMany(adds, removes []int32) *Contradiction {
	n := len(removes) - 1
	c := &Contradiction{Anomaly: Duplicated, Culprit: removes[n], Others: append([]int32(nil), removes[:n]...)}
	if n == 0 {
		c.Anomaly = Phantom
		n = min(1, len(adds)) // one that came too late
	}
	c.Others = append(c.Others, adds[:n]...)
	return c
}

func (l *Lives) pair(adds, removes []int32, p Pairing) {
	switch {
	case len(removes) == 0:
		l.Exact = l.Exact && !(len(adds) > 1 && p == Latest)
	case len(adds) == 1 && len(removes) == 1:
		l.remover[adds[0]] = removes[0]
	case p == InOrder:
		l.pairInOrder(adds, removes)
	default:
		l.Exact = false
		l.pairLatest(adds, removes)
	}
}

func (l *Lives) pairInOrder(adds, removes []int32) {
	if !l.ordered(adds) || !l.ordered(removes) || len(l.Blind) > 0 && len(adds) > len(removes) {
		l.Exact = false
	}
	spare := len(adds) - len(removes)
	for n := len(adds) - 1; n >= 0 && spare > 0; n-- {
		if l.ops[adds[n]].Maybe {
			l.remover[adds[n]] = absent
			spare--
		}
	}
	next := 0
	for _, i := range adds {
		if next < len(removes) && l.remover[i] != absent {
			l.remover[i] = removes[next]
			next++
		}
	}
}

// ordered says that operations certainly happened and are ordered by their ends as
// well as by their starts.
func (l *Lives) ordered(places []int32) bool {
	for n, i := range places {
		if l.ops[i].Maybe || n > 0 && l.ops[places[n-1]].End > l.ops[i].End {
			return false
		}
	}
	return true
}

func (l *Lives) pairLatest(adds, removes []int32) {
	var there []int32
	for _, i := range removes {
		for len(adds) > 0 && l.ops[adds[0]].Start < l.ops[i].Start {
			there = append(there, adds[0])
			adds = adds[1:]
		}
		if len(there) == 0 && len(adds) > 0 {
			there = append(there, adds[0])
			adds = adds[1:]
		}
		if len(there) > 0 {
			l.remover[there[len(there)-1]] = i
			there = there[:len(there)-1]
		}
	}
	for _, i := range append(there, adds...) {
		if l.ops[i].Maybe {
			l.remover[i] = absent
		}
	}
}

// live makes lives of the pairs, of about so many values, and says whether all of
// them are possible.
func (l *Lives) live(about int) bool {
	l.Removed = make([]Life, 0, about)
	for i := range l.ops {
		op := &l.ops[i]
		value, removed, ok := Value(op.Class)
		if !ok || removed || l.remover[i] == absent {
			continue
		}
		life := Life{Value: value, Add: int32(i), Remove: l.remover[i],
			AddStart: op.Start, AddEnd: op.End, RemoveStart: object.Never, RemoveEnd: object.Never}
		if life.Remove != None {
			remove := &l.ops[life.Remove]
			life.RemoveStart, life.RemoveEnd = remove.Start, remove.End
			life.AddEnd = min(life.AddEnd, life.RemoveEnd)
		}
		if life.RemoveEnd <= life.AddStart {
			return false
		}
		if life.Stays() {
			l.Staying = append(l.Staying, life)
		} else {
			l.Removed = append(l.Removed, life)
		}
	}
	slices.SortFunc(l.Staying, func(a, b Life) int { return a.AddEnd - b.AddEnd })
	return true
}

// Start and End are when an operation began and ended.
func (l *Lives) Start(place int32) int { return l.ops[place].Start }
func (l *Lives) End(place int32) int   { return l.ops[place].End }
