package register

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// The anomalies, by the names that findings bear.
const (
	// DirtyRead: a value was found that only a failed operation would have left.
	DirtyRead = "dirty-read"
	// PhantomRead: a value was found that nobody had yet written.
	PhantomRead = "phantom-read"
	// LostWrite: an acknowledged write was never seen by anybody, and the system
	// went on as if it had not been.
	LostWrite = "lost-write"
	// SplitBrain: two compare-and-sets replaced one and the same value.
	SplitBrain = "split-brain"
	// StaleRead: a value was found after it had been overwritten.
	StaleRead = "stale-read"
	// WrongMismatch: a compare-and-set was refused while the register held what
	// it asked for.
	WrongMismatch = "wrong-mismatch"
)

// contradiction is why a register has no legal order: a few operations that
// exclude each other whatever the others did. Operations are named by their
// places.
type contradiction struct {
	anomaly string
	// culprit is the operation that could not happen, missed the one that it
	// should have found instead, or none.
	culprit, missed int
	// begun and again prove the order of the two values: the operation by which
	// the culprit's value was there, and a later one that found the other value
	// or left it. shown is the one by which the other value was there.
	begun, again, shown int
}

// detect finds contradictions of the most common shapes. What it finds is certain;
// what it does not find may be wrong all the same. Of several contradictions it
// returns the one of the gravest kind that was complete first.
func (r *register) detect(ops []object.Op) *contradiction {
	by := r.producers(ops)
	spans := r.spans(ops, by)
	after := successorsOf(spans)
	for _, find := range []func() *contradiction{
		func() *contradiction { return r.findUnwritten(ops, by) },
		func() *contradiction { return r.findSplit(ops, by) },
		func() *contradiction { return r.findStale(ops, by, after) },
		func() *contradiction { return r.findWrongMismatch(ops, by, spans) },
	} {
		if c := find(); c != nil {
			return c
		}
	}
	return nil
}

// earliest is the place of the operation that was done first among those that
// are wanted, or none.
func earliest(ops []object.Op, wanted func(op *object.Op) bool) int {
	best := none
	for i := range ops {
		if (best == none || ops[i].End < ops[best].End) && wanted(&ops[i]) {
			best = i
		}
	}
	return best
}

// findUnwritten finds a value that was found before anybody can have left it.
func (r *register) findUnwritten(ops []object.Op, by []production) *contradiction {
	culprit := earliest(ops, func(o *object.Op) bool {
		v, finds := r.certainlyFound(o)
		return finds && v != notFound && o.End < by[v].firstStart
	})
	if culprit == none {
		return nil
	}
	c := &contradiction{anomaly: PhantomRead, culprit: culprit, missed: none, begun: none, again: none, shown: none}
	v := r.act(&ops[culprit]).old
	if by[v].count > 0 {
		c.missed = int(by[v].first)
	}
	if failed, is := r.failed[v]; is && r.calls[failed].Invoke < ops[culprit].End && r.leaver(v) == nil {
		c.anomaly = DirtyRead
	}
	return c
}

// leaver is the first operation of the whole history that may have left a value,
// if there is one.
func (r *register) leaver(v object.State) *object.Op {
	for i := range r.ops {
		if left, changes := r.act(&r.ops[i]).left(); changes && left == v {
			return &r.ops[i]
		}
	}
	return nil
}

// findSplit finds two compare-and-sets that replaced a value which was there
// only once.
func (r *register) findSplit(ops []object.Op, by []production) *contradiction {
	replaced := map[object.State]int{}
	var best *contradiction
	for i := range ops {
		o, a := &ops[i], r.act(&ops[i])
		if a.kind != swap || o.Maybe || a.old != notFound && by[a.old].count != 1 {
			continue
		}
		first, before := replaced[a.old]
		if !before {
			replaced[a.old] = i
			continue
		}
		if best == nil || o.End < ops[best.culprit].End {
			best = &contradiction{anomaly: SplitBrain, culprit: i, missed: first, begun: int(by[a.old].first), again: none, shown: none}
		}
	}
	return best
}

// findStale finds an operation that found a value after another one was certainly
// there in its stead.
func (r *register) findStale(ops []object.Op, by []production, after *successors) *contradiction {
	if c := r.findMissedWrite(ops, after); c != nil {
		c.anomaly = r.staleOrLost(ops, c)
		return c
	}
	stale := func(o *object.Op) bool {
		v, finds := r.certainlyFound(o)
		if !finds {
			return false
		}
		// Where nothing was found late, that is the culprit, not what came before.
		over, next := after.of(v)
		return over < o.Start && next != notFound
	}
	// Where values take turns, the one to blame is who went back.
	last := func(o *object.Op) bool {
		if !stale(o) {
			return false
		}
		_, next := after.of(r.act(o).old)
		return after.spans[next].lastStart < o.Start
	}
	culprit := earliest(ops, last)
	if culprit == none {
		culprit = earliest(ops, stale)
	}
	if culprit == none {
		return nil
	}
	_, next := after.of(r.act(&ops[culprit]).old)
	c := &contradiction{anomaly: StaleRead, culprit: culprit, missed: none, begun: after.spans[r.act(&ops[culprit]).old].begun,
		again: after.spans[next].last, shown: after.spans[next].begun}
	if by[next].count == 1 {
		c.missed = int(by[next].first)
	}
	return c
}

// findMissedWrite finds the simplest form of a stale value: a write was invoked
// after the value had been there, and acknowledged before the value was found.
// Others may have left the written value too, but not the one that was found.
func (r *register) findMissedWrite(ops []object.Op, after *successors) *contradiction {
	acknowledged := r.acknowledgedWrites(ops)
	missedBy := func(o *object.Op) int {
		n, _ := slices.BinarySearchFunc(acknowledged, o.Start, func(w ending, start int) int { return cmp.Compare(w.end, start) })
		if n == 0 {
			return none
		}
		if w := acknowledged[n-1].latest; ops[w].Start > after.spans[r.act(o).old].firstEnd && r.act(&ops[w]).new != r.act(o).old {
			return w
		}
		return none
	}
	culprit := earliest(ops, func(o *object.Op) bool {
		_, finds := r.certainlyFound(o)
		return finds && missedBy(o) != none
	})
	if culprit == none {
		return nil
	}
	return &contradiction{culprit: culprit, missed: missedBy(&ops[culprit]),
		begun: after.spans[r.act(&ops[culprit]).old].begun, again: none, shown: none}
}

// ending is the end of an acknowledged write, and of those that ended until
// then the one that was invoked last.
type ending struct{ end, latest int }

func (r *register) acknowledgedWrites(ops []object.Op) []ending {
	var ends []ending
	for i := range ops {
		if _, changes := r.act(&ops[i]).left(); changes && !ops[i].Maybe && !ops[i].Inferred {
			ends = append(ends, ending{ops[i].End, i})
		}
	}
	slices.SortFunc(ends, func(a, b ending) int { return cmp.Compare(a.end, b.end) })
	for i := 1; i < len(ends); i++ {
		if before := ends[i-1].latest; ops[before].Start > ops[ends[i].latest].Start {
			ends[i].latest = before
		}
	}
	return ends
}

// staleOrLost says which of the two a missed write is. It is lost if nobody of the
// whole history ever saw it and the system itself went on from the value before: a
// compare-and-set replaced that, or a final read found it.
func (r *register) staleOrLost(ops []object.Op, c *contradiction) string {
	missed, old := &ops[c.missed], r.act(&ops[c.culprit]).old
	anomaly := StaleRead
	for i := range r.ops {
		o := &r.ops[i]
		v, finds := r.act(o).found()
		if finds && v == r.act(missed).new {
			return StaleRead
		}
		if finds && v == old && !o.Maybe && o.Start > missed.End && (r.act(o).kind == swap || r.calls[o.Call].Final) {
			anomaly = LostWrite
		}
	}
	return anomaly
}

// findWrongMismatch finds a refused compare-and-set whose expected value was
// there from before it was invoked until after it was answered.
func (r *register) findWrongMismatch(ops []object.Op, by []production, spans []span) *contradiction {
	culprit := earliest(ops, func(o *object.Op) bool {
		held := spans[r.act(o).old]
		return r.act(o).kind == mismatch && held.firstEnd < o.Start && (o.End < held.lastStart || r.untouched(ops, by, o))
	})
	if culprit == none {
		return nil
	}
	held := spans[r.act(&ops[culprit]).old]
	c := &contradiction{anomaly: WrongMismatch, culprit: culprit, missed: none, begun: held.begun, again: none, shown: none}
	if ops[culprit].End < held.lastStart {
		c.again = held.last
	}
	return c
}

// untouched says that nobody can have replaced the value that a mismatch is about
// before it was over: whoever left another one did so before, or was invoked
// after.
func (r *register) untouched(ops []object.Op, by []production, o *object.Op) bool {
	old := r.act(o).old
	since := ops[by[old].first].Start
	return !slices.ContainsFunc(ops, func(other object.Op) bool {
		v, changes := r.act(&other).left()
		return changes && v != old && other.Start < o.End && other.End > since
	})
}
