package staleness_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/checkers/staleness"
	"github.com/assaykit/assay/harness/history"
)

// oracle goes through all orders of a key's writes, with all writers of what was
// found, straight from the calls.
type oracle struct {
	calls  []history.Call
	wrote  []int
	source []int // of each call: which wrote what it found, initial, or unread
	// see is asked about each explanation: the writes in order, and the latest
	// moments at which they can have happened in this order.
	see func(order []int, moments map[int]int)
}

const (
	initial = -1
	unread  = -2
)

func left(c history.Call) (history.Value, bool) {
	items, _ := c.In.Items()
	switch {
	case c.F == "write":
		return c.In, true
	case c.F == "cas" && !items[0].Equal(items[1]):
		return items[1], true
	}
	return history.Value{}, false
}

func found(c history.Call) (history.Value, bool) {
	items, _ := c.In.Items()
	switch {
	case c.F == "read":
		return c.Out, true
	case c.F == "cas":
		return items[0], true
	}
	return history.Value{}, false
}

// explain goes through all explanations.
func (o *oracle) explain(i int) {
	if i == 0 {
		o.source = make([]int, len(o.calls))
	}
	if i == len(o.calls) {
		if all, dues := o.happened(), o.dues(); o.possible(all, dues) {
			o.orders(nil, all, dues)
		}
		return
	}
	v, finds := found(o.calls[i])
	o.source[i] = unread
	switch {
	case !finds:
		o.explain(i + 1)
	case v.IsNil():
		o.source[i] = initial
		o.explain(i + 1)
	default:
		some := false
		for _, w := range o.wrote {
			if written, _ := left(o.calls[w]); w != i && written.Equal(v) {
				some = true
				o.source[i] = w
				o.explain(i + 1)
			}
		}
		if !some && o.calls[i].Type != history.OK {
			o.explain(i + 1) // it never happened
		}
	}
}

// happened are the writes that were acknowledged or found.
func (o *oracle) happened() []int {
	is := map[int]bool{}
	for changed := true; changed; {
		changed = false
		for i, call := range o.calls {
			if !is[i] && call.Type == history.OK {
				is[i], changed = true, true
			}
			if s := o.source[i]; is[i] && s >= 0 && !is[s] {
				is[s], changed = true, true
			}
		}
	}
	var all []int
	for _, w := range o.wrote {
		if is[w] {
			all = append(all, w)
		}
	}
	return all
}

// dues are by when calls have to have happened: before they, or somebody who
// found what they left, were answered.
func (o *oracle) dues() []int {
	dues := make([]int, len(o.calls))
	for i, call := range o.calls {
		if dues[i] = math.MaxInt; call.Type == history.OK {
			dues[i] = call.Complete
		}
	}
	for changed := true; changed; {
		changed = false
		for i, s := range o.source {
			if s >= 0 && dues[i] < dues[s] {
				dues[s], changed = dues[i], true
			}
		}
	}
	return dues
}

// possible says that no write was found before it was invoked.
func (o *oracle) possible(all, dues []int) bool {
	return !slices.ContainsFunc(all, func(w int) bool { return dues[w] < o.calls[w].Invoke })
}

// orders goes through all orders of the writes that respect their times.
func (o *oracle) orders(order, all, dues []int) {
	if len(order) == len(all) {
		// Times between lines are the number of the line before, and of writes
		// between the same lines the order decides.
		moments, next := map[int]int{}, math.MaxInt
		for i := len(order) - 1; i >= 0; i-- {
			next = min(next, dues[order[i]]-1)
			moments[order[i]] = next
		}
		o.see(order, moments)
		return
	}
	for _, w := range all {
		if !slices.Contains(order, w) && o.canBeNext(w, order, all, dues) {
			o.orders(append(order[:len(order):len(order)], w), all, dues)
		}
	}
}

// canBeNext says that none of the writes that are left was over before this one
// began.
func (o *oracle) canBeNext(w int, order, all, dues []int) bool {
	for _, x := range all {
		if x != w && !slices.Contains(order, x) && dues[x] < o.calls[w].Invoke {
			return false
		}
	}
	return true
}

// figures are the age, in lines, and versions of a read in an explanation.
func (o *oracle) figures(read int, order []int, moments map[int]int) (age, versions int) {
	passed := o.source[read] == initial
	first := true
	for _, w := range order {
		// It was there before the line after its moment.
		if there := moments[w] + 1; passed && there < o.calls[read].Invoke {
			if first {
				age = o.calls[read].Invoke - there
			}
			versions++
			first = false
		}
		passed = passed || w == o.source[read]
	}
	return age, versions
}

type figures struct{ age, versions int }

// judgement is what the oracle says of a key.
type judgement struct {
	// each are the least figures of each read by itself, by its invocation, and
	// worst the largest of all reads in each explanation.
	each  map[int]figures
	worst []figures
}

func judge(calls []history.Call) judgement {
	o := &oracle{}
	for _, call := range calls {
		_, writes := left(call)
		refused := call.Type == history.Fail
		if !refused && (writes || call.Type == history.OK) {
			if writes {
				o.wrote = append(o.wrote, len(o.calls))
			}
			o.calls = append(o.calls, call)
		}
	}
	j := judgement{each: map[int]figures{}}
	o.see = func(order []int, moments map[int]int) {
		var worst figures
		for i, call := range o.calls {
			if _, finds := found(call); !finds || call.Type != history.OK {
				continue
			}
			age, versions := o.figures(i, order, moments)
			worst = figures{max(worst.age, age), max(worst.versions, versions)}
			best, known := j.each[call.Invoke]
			if !known {
				best = figures{age, versions}
			}
			j.each[call.Invoke] = figures{min(best.age, age), min(best.versions, versions)}
		}
		j.worst = append(j.worst, worst)
	}
	o.explain(0)
	return j
}

// within says whether some explanation keeps all reads within the bounds, 0 for
// none.
func (j judgement) within(age, versions int) bool {
	for _, w := range j.worst {
		if (age == 0 || w.age <= age) && (versions == 0 || w.versions <= versions) {
			return true
		}
	}
	return false
}

func TestRandomReadsAreMeasuredLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 10_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := weak.Small(random, 10)
		parsed, err := trace.Parse(h, 0)
		if err != nil {
			t.Error(err)
			return false
		}
		m := staleness.Measure(h, parsed)
		if _, unwritten := parsed.Unwritten(); unwritten > 0 {
			tally.Count("unwritten")
			return true
		}
		stale := map[int]figures{}
		for _, s := range m.Stale {
			stale[parsed.Ops[s.Read].Start] = figures{int(s.Age / time.Millisecond), s.Versions}
		}
		for _, k := range history.ByKey(h.Calls()) {
			for read, want := range judge(k.Calls).each {
				got := stale[read]
				tally.Count(fmt.Sprint("versions ", want.versions))
				if got != want && (m.Obscure == 0 || got.age > want.age || got.versions > want.versions) {
					t.Errorf("read %d: %+v, want %+v:\n%s", read, got, want, script.String(h))
					return false
				}
			}
		}
		return true
	})
	tally.Log(t)
}

func TestRandomBoundsAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 10_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := weak.Small(random, 10)
		age, versions := 1+random.IntN(8), 1+random.IntN(2)
		switch random.IntN(5) {
		case 0, 1:
			age = 0
		case 2, 3:
			versions = 0
		}
		got := check(t, staleness.Options{MaxAge: time.Duration(age) * time.Millisecond, MaxVersions: versions}, h)
		parsed, _ := trace.Parse(h, 0)
		m := staleness.Measure(h, parsed)
		if _, unwritten := parsed.Unwritten(); unwritten > 0 {
			return got.Validity == checkers.Invalid
		}
		possible := true
		for _, k := range history.ByKey(h.Calls()) {
			possible = possible && judge(k.Calls).within(age, versions)
		}
		tally.Count(fmt.Sprintf("%v of %v, age %v, versions %v", got.Validity, possible, age > 0, versions))
		wrong := got.Validity == checkers.Invalid && possible || got.Validity == checkers.Valid && !possible ||
			(versions == 0 || age == 0 && versions == 1) && m.Obscure == 0 && m.Reads > 0 && got.Validity == checkers.Unknown
		if wrong {
			t.Errorf("age %d, versions %d: %v (%s), possible is %v:\n%s", age, versions, got.Validity, got.Reason, possible, script.String(h))
			return false
		}
		return got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got)
	})
	tally.Log(t)
}
