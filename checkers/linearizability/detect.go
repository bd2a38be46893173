package linearizability

import (
	"cmp"
	"slices"
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
	// NotLinearizable is any other contradiction.
	NotLinearizable = "not-linearizable"
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

// witness are the places of all operations of the contradiction, in order of
// their starts.
func (c *contradiction) witness() []int {
	places := []int{c.culprit, c.missed, c.begun, c.again, c.shown}
	slices.Sort(places)
	places = slices.Compact(places)
	return slices.DeleteFunc(places, func(i int) bool { return i == none })
}

// detect finds contradictions of the most common shapes directly, in n log n and
// not by a search, which would take longest just where there is one. What it
// finds is certain; what it does not find may be wrong all the same. Of several
// contradictions it returns the one of the gravest kind that was complete first.
func detect(r *register, ops []operation, values int) *contradiction {
	by := producers(ops, values)
	spans := spansOf(ops, values)
	after := successorsOf(spans)
	for _, find := range []func() *contradiction{
		func() *contradiction { return findUnwritten(r, ops, by) },
		func() *contradiction { return findSplit(ops, by) },
		func() *contradiction { return findStale(r, ops, by, after) },
		func() *contradiction { return findWrongMismatch(ops, spans) },
	} {
		if c := find(); c != nil {
			return c
		}
	}
	return nil
}

// earliest is the place of the operation that was done first among those that
// are wanted, or none.
func earliest(ops []operation, wanted func(op *operation) bool) int {
	best := none
	for i := range ops {
		if (best == none || ops[i].end < ops[best].end) && wanted(&ops[i]) {
			best = i
		}
	}
	return best
}

// certainlyFound is the value that a certain operation found.
func certainlyFound(o *operation) (value, bool) {
	v, finds := o.found()
	return v, finds && !o.maybe
}

// findUnwritten finds a value that was found before anybody can have left it.
func findUnwritten(r *register, ops []operation, by []production) *contradiction {
	culprit := earliest(ops, func(o *operation) bool {
		v, finds := certainlyFound(o)
		return finds && v != notFound && o.end < by[v].firstStart
	})
	if culprit == none {
		return nil
	}
	c := &contradiction{anomaly: PhantomRead, culprit: culprit, missed: none, begun: none, again: none, shown: none}
	v := ops[culprit].old
	if by[v].count > 0 {
		c.missed = by[v].first
	}
	if failed, is := r.failed[v]; is && r.calls[failed].Invoke < ops[culprit].end && by[v].count == 0 {
		c.anomaly = DirtyRead
	}
	return c
}

// findSplit finds two compare-and-sets that replaced a value which was there
// only once.
func findSplit(ops []operation, by []production) *contradiction {
	replaced := map[value]int{}
	var best *contradiction
	for i := range ops {
		o := &ops[i]
		if o.kind != cas || o.maybe || by[o.old].count != 1 {
			continue
		}
		first, before := replaced[o.old]
		if !before {
			replaced[o.old] = i
			continue
		}
		if best == nil || o.end < ops[best.culprit].end {
			best = &contradiction{anomaly: SplitBrain, culprit: i, missed: first, begun: by[o.old].first, again: none, shown: none}
		}
	}
	return best
}

// findStale finds an operation that found a value after another one was certainly
// there in its stead.
func findStale(r *register, ops []operation, by []production, after *successors) *contradiction {
	if c := findMissedWrite(r, ops, after); c != nil {
		c.anomaly = staleOrLost(r, ops, c)
		return c
	}
	stale := func(o *operation) bool {
		v, finds := certainlyFound(o)
		if !finds {
			return false
		}
		// Where nothing was found late, that is the culprit, not what came before.
		over, next := after.of(v)
		return over < o.start && next != notFound
	}
	// Where values take turns, the one to blame is who went back.
	last := func(o *operation) bool {
		if !stale(o) {
			return false
		}
		_, next := after.of(o.old)
		return after.spans[next].lastStart < o.start
	}
	culprit := earliest(ops, last)
	if culprit == none {
		culprit = earliest(ops, stale)
	}
	if culprit == none {
		return nil
	}
	_, next := after.of(ops[culprit].old)
	c := &contradiction{anomaly: StaleRead, culprit: culprit, missed: none, begun: after.spans[ops[culprit].old].begun,
		again: after.spans[next].last, shown: after.spans[next].begun}
	if by[next].count == 1 {
		c.missed = by[next].first
	}
	return c
}

// findMissedWrite finds the simplest form of a stale value: a write was invoked
// after the value had been there, and acknowledged before the value was found.
// Others may have left the written value too, but not the one that was found.
func findMissedWrite(r *register, ops []operation, after *successors) *contradiction {
	acknowledged := acknowledgedWrites(r, ops)
	missedBy := func(o *operation) int {
		n, _ := slices.BinarySearchFunc(acknowledged, o.start, func(w ending, start int) int { return cmp.Compare(w.end, start) })
		if n == 0 {
			return none
		}
		if w := acknowledged[n-1].latest; ops[w].start > after.spans[o.old].firstEnd && ops[w].new != o.old {
			return w
		}
		return none
	}
	culprit := earliest(ops, func(o *operation) bool {
		_, finds := certainlyFound(o)
		return finds && missedBy(o) != none
	})
	if culprit == none {
		return nil
	}
	return &contradiction{culprit: culprit, missed: missedBy(&ops[culprit]),
		begun: after.spans[ops[culprit].old].begun, again: none, shown: none}
}

// ending is the end of an acknowledged write, and of those that ended until
// then the one that was invoked last.
type ending struct{ end, latest int }

func acknowledgedWrites(r *register, ops []operation) []ending {
	var ends []ending
	for i := range ops {
		if _, changes := ops[i].left(); changes && !ops[i].maybe && !ops[i].inferred {
			ends = append(ends, ending{ops[i].end, i})
		}
	}
	slices.SortFunc(ends, func(a, b ending) int { return cmp.Compare(a.end, b.end) })
	for i := 1; i < len(ends); i++ {
		if before := ends[i-1].latest; ops[before].start > ops[ends[i].latest].start {
			ends[i].latest = before
		}
	}
	return ends
}

// staleOrLost says which of the two a missed write is. It is lost if nobody ever
// saw it and the system itself went on from the value before: a compare-and-set
// replaced that, or a final read found it.
func staleOrLost(r *register, ops []operation, c *contradiction) string {
	missed, old := ops[c.missed], ops[c.culprit].old
	anomaly := StaleRead
	for i := range ops {
		o := &ops[i]
		v, finds := o.found()
		if finds && v == missed.new {
			return StaleRead
		}
		if finds && v == old && !o.maybe && o.start > missed.end && (o.kind == cas || r.calls[o.call].Final) {
			anomaly = LostWrite
		}
	}
	return anomaly
}

// findWrongMismatch finds a refused compare-and-set whose expected value was
// there from before it was invoked until after it was answered.
func findWrongMismatch(ops []operation, spans []span) *contradiction {
	culprit := earliest(ops, func(o *operation) bool {
		return o.kind == mismatch && spans[o.old].firstEnd < o.start && o.end < spans[o.old].lastStart
	})
	if culprit == none {
		return nil
	}
	held := spans[ops[culprit].old]
	return &contradiction{anomaly: WrongMismatch, culprit: culprit, missed: none, begun: held.begun, again: held.last, shown: none}
}
