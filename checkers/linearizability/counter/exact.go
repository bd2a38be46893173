package counter

import (
	"container/heap"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// contradiction is why a counter is not linearizable. Operations are named by their
// places.
type contradiction struct {
	anomaly string
	// culprit is who was told a wrong number, and before who was told another one
	// earlier, none if there is nobody.
	culprit, before int
	// adds are those that were invoked after that and done before the culprit was
	// invoked, so many of them as make it wrong.
	adds []int
	// low is what the number had reached when the culprit was invoked, and high what
	// it can have reached at most when it was done; whichever was missed.
	low, high int
}

const none = -1

// decide judges a counter without a search, if it can.
func (n *counter) decide() (object.Outcome, *contradiction) {
	delta, one := n.delta()
	if !one {
		if c := n.outOfBounds(); c != nil {
			return object.Illegal, c
		}
		return object.Undecided, nil
	}
	if c := n.line(delta).contradiction(); c != nil {
		return object.Illegal, c
	}
	return object.Legal, nil
}

// delta is the number that all adds add, if it is one. Where nobody adds, any will
// do.
func (n *counter) delta() (delta int, one bool) {
	for i := range n.ops {
		switch d := n.classes[n.ops[i].Class].delta; {
		case d == 0 || d == delta:
		case delta != 0:
			return 0, false
		default:
			delta = d
		}
	}
	if delta == 0 {
		delta = 1
	}
	return delta, true
}

// line is a counter that counts steps: number n is the one after the nth add of an
// order, which is called the nth slot. What was told says when the slots were taken:
// slot k before anybody who was told k or more was done, and after anybody who was
// told less than k was invoked. The adds have to be given to the slots so that each
// can have taken place in the time of its slot.
//
// The later the slot, the later its time. So an add can have any slot from one to
// another, and giving each slot to the add that has the least time left finds a way
// if there is one (earliest deadline first, Jackson 1955). Points in these times can
// always be chosen so that they are in order: of any that were chosen, the kth in
// order is in the time of slot k too.
type line struct {
	*counter
	delta int
	// slots is the greatest number that was told.
	slots int
	// by is who of those who were told so many steps or more was done first, and
	// over who of those who were told fewer was invoked last. There is one more slot
	// than were told of, for all the later ones.
	by, over []int
	// impossible is who was told what is no number of steps, or of more steps than
	// there are adds.
	impossible *contradiction
}

func (n *counter) line(delta int) *line {
	l := &line{counter: n, delta: delta}
	adds := 0
	for i := range n.ops {
		if n.classes[n.ops[i].Class].kind != read {
			adds++
		}
	}
	for i := range n.ops {
		c := &n.classes[n.ops[i].Class]
		if c.told() && (c.number%delta != 0 || c.number/delta < 0 || c.kind == addAndGet && c.number == 0) {
			l.impossible = &contradiction{anomaly: Impossible, culprit: i, before: none}
			return l
		}
		if c.told() {
			l.slots = max(l.slots, c.number/delta)
		}
	}
	if l.slots > adds {
		l.impossible = l.beyond(adds)
		return l
	}
	l.limit()
	return l
}

// steps is the number that an operation was told, in steps.
func (l *line) steps(i int) int { return l.classes[l.ops[i].Class].number / l.delta }

// beyond is for a number that all adds together do not make.
func (l *line) beyond(adds int) *contradiction {
	for i := range l.ops {
		if c := &l.classes[l.ops[i].Class]; c.told() && l.steps(i) > adds {
			return l.tooHigh(i)
		}
	}
	return nil
}

// limit finds by and over.
func (l *line) limit() {
	l.by, l.over = filled(l.slots+2), filled(l.slots+2)
	for i := range l.ops {
		c := &l.classes[l.ops[i].Class]
		if !c.told() {
			continue
		}
		k := l.steps(i)
		l.done(k, i)
		if c.kind == addAndGet {
			l.invoked(k, i)
		} else {
			l.invoked(k+1, i)
		}
	}
	for k := l.slots; k >= 1; k-- {
		if next := l.by[k+1]; next != none {
			l.done(k, next)
		}
	}
	for k := 1; k <= l.slots+1; k++ {
		if before := l.over[k-1]; before != none {
			l.invoked(k, before)
		}
	}
}

func (l *line) done(k, i int) {
	if l.by[k] == none || l.ops[i].End < l.ops[l.by[k]].End {
		l.by[k] = i
	}
}

func (l *line) invoked(k, i int) {
	if l.over[k] == none || l.ops[i].Start > l.ops[l.over[k]].Start {
		l.over[k] = i
	}
}

// from and to are the time of a slot.
func (l *line) from(k int) int {
	if l.over[k] == none {
		return none
	}
	return l.ops[l.over[k]].Start
}

func (l *line) to(k int) int {
	if l.by[k] == none {
		return object.Never
	}
	return l.ops[l.by[k]].End
}

// contradiction is why there is no way to give the adds to the slots, nil if there
// is one.
func (l *line) contradiction() *contradiction {
	if l.impossible != nil {
		return l.impossible
	}
	for k := 1; k <= l.slots; k++ {
		if l.to(k) <= l.from(k) {
			return &contradiction{anomaly: WentBack, culprit: l.over[k], before: l.by[k], low: l.steps(l.by[k]) * l.delta}
		}
	}
	if c := l.twice(); c != nil {
		return c
	}
	return l.schedule()
}

// twice finds two adds that were answered with one number.
func (l *line) twice() *contradiction {
	counted := filled(l.slots + 1)
	for i := range l.ops {
		if l.classes[l.ops[i].Class].kind != addAndGet {
			continue
		}
		if first := counted[l.steps(i)]; first != none {
			return &contradiction{anomaly: CountedTwice, culprit: i, before: first}
		}
		counted[l.steps(i)] = i
	}
	return nil
}

// job is an add with the first and the last slot that it can have.
type job struct{ place, first, last int }

// jobs are all adds, in order of their first slots.
func (l *line) jobs() []job {
	begins := make([]int, l.slots+2) // of the adds with each first slot
	var unordered []job
	for i := range l.ops {
		if l.classes[l.ops[i].Class].kind == read {
			continue
		}
		j := l.job(i)
		unordered = append(unordered, j)
		begins[j.first]++
	}
	sum := 0
	for k, n := range begins {
		begins[k] = sum
		sum += n
	}
	ordered := make([]job, len(unordered))
	for _, j := range unordered {
		ordered[begins[j.first]] = j
		begins[j.first]++
	}
	return ordered
}

func (l *line) job(i int) job {
	op := &l.ops[i]
	if l.classes[op.Class].kind == addAndGet {
		return job{i, l.steps(i), l.steps(i)}
	}
	j := job{i, l.slots + 1, object.Never}
	for lo, hi := 1, l.slots+1; lo <= hi; { // the first slot that ends after the add began
		if mid := (lo + hi) / 2; l.to(mid) > op.Start {
			j.first, hi = mid, mid-1
		} else {
			lo = mid + 1
		}
	}
	if l.from(l.slots+1) < op.End {
		return j
	}
	j.last = 0
	for lo, hi := 1, l.slots; lo <= hi; { // the last slot that begins before the add was done
		if mid := (lo + hi) / 2; l.from(mid) < op.End {
			j.last, lo = mid, mid+1
		} else {
			hi = mid - 1
		}
	}
	return j
}

// schedule gives the slots to the adds.
func (l *line) schedule() *contradiction {
	jobs := l.jobs()
	var ready queue
	given := make([]job, l.slots+1)
	for k := 1; k <= l.slots; k++ {
		for len(jobs) > 0 && jobs[0].first == k {
			heap.Push(&ready, jobs[0])
			jobs = jobs[1:]
		}
		if len(ready) == 0 {
			return l.tooHigh(l.by[k])
		}
		given[k] = heap.Pop(&ready).(job)
		if given[k].last < k {
			return l.tooLow(given[:k], given[k])
		}
	}
	for _, j := range append(ready, jobs...) {
		if j.last <= l.slots {
			return l.tooLow(given, j)
		}
	}
	return nil
}

// tooHigh is for who was told more than can have been added by then.
func (l *line) tooHigh(culprit int) *contradiction {
	begun := 0
	for i := range l.ops {
		if l.classes[l.ops[i].Class].kind != read && l.ops[i].Start < l.ops[culprit].End {
			begun++
		}
	}
	c := &contradiction{anomaly: TooHigh, culprit: culprit, before: none, high: begun * l.delta}
	if begun >= l.steps(culprit) {
		c.anomaly = NotLinearizable // some of them were answered greater numbers
	}
	return c
}

// tooLow is for an add that is left when all slots up to its last one are given. It
// and those that have the slots right before that, back to one that could have
// waited, had to have theirs between the same two who were told numbers, and are
// one too many.
func (l *line) tooLow(given []job, left job) *contradiction {
	first := left.last + 1
	for left.first <= left.last && first > 1 && given[first-1].last <= left.last {
		first--
	}
	c := &contradiction{anomaly: TooLow, culprit: l.over[left.last+1], before: none, adds: []int{left.place}}
	sum := 0
	if first > 1 {
		c.before = l.by[first-1]
		sum = l.steps(c.before)
	}
	for _, j := range given[first : left.last+1] {
		c.adds = append(c.adds, j.place)
	}
	if l.anyAnswered(c.adds) {
		c.anomaly = NotLinearizable
		return c
	}
	c.adds = c.adds[:l.found(c.culprit)-sum+1] // these are enough
	slices.Sort(c.adds)
	c.low = (sum + len(c.adds)) * l.delta
	return c
}

// anyAnswered says whether an add is among operations that was told its number.
func (l *line) anyAnswered(adds []int) bool {
	return slices.ContainsFunc(adds, func(i int) bool { return l.classes[l.ops[i].Class].kind == addAndGet })
}

// found is how many steps there were before an operation that was told a number.
func (l *line) found(i int) int {
	if l.classes[l.ops[i].Class].kind == addAndGet {
		return l.steps(i) - 1
	}
	return l.steps(i)
}

// queue is a heap of adds, the one with the least time left on top.
type queue []job

func (q queue) Len() int           { return len(q) }
func (q queue) Less(a, b int) bool { return q[a].last < q[b].last }
func (q queue) Swap(a, b int)      { q[a], q[b] = q[b], q[a] }
func (q *queue) Push(j any)        { *q = append(*q, j.(job)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	j := (*q)[last]
	*q = (*q)[:last]
	return j
}

func filled(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = none
	}
	return all
}
