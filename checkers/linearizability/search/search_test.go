package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/brute"
	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
)

const enough = 64 << 20

// replay follows an order step by step, and says why it is none.
func replay(spec object.Spec, ops []object.Op, order []int) (why string) {
	placed := make([]bool, len(ops))
	state, latest := spec.Initial(), -1
	for _, i := range order {
		next, ok := spec.Step(state, ops[i].Class)
		switch {
		case placed[i]:
			return fmt.Sprint(i, " is there twice")
		case !ops[i].Maybe && ops[i].End < latest:
			return fmt.Sprint(i, " ended before one ahead of it began")
		case !ok:
			return fmt.Sprint(i, " could not be answered like this")
		}
		placed[i], state, latest = true, next, max(latest, ops[i].Start)
	}
	for i := range ops {
		if !ops[i].Maybe && !placed[i] {
			return fmt.Sprint(i, " is missing")
		}
	}
	return ""
}

// judged is what is to be tried: a system, and its specification as the search
// sees it.
type judged struct {
	name   string
	system system
	spec   object.Spec
}

func anySystem(random *rand.Rand) judged {
	kinds := []string{"rw", "rwc", "rwc", "rwca"}[random.IntN(4)]
	values := []int{0, 2, 3, 4}[random.IntN(4)]
	if kinds == "rwca" {
		values = 4
	}
	r := newRegister()
	c := &cells{register: r, values: values, kinds: kinds}
	switch random.IntN(4) {
	case 0:
		return judged{"register", c, r}
	case 1, 2:
		return judged{"exact register", c, exact{r}}
	}
	kind := []string{"queue", "stack", "set"}[random.IntN(3)]
	b := newBox(kind)
	return judged{kind, b, b}
}

// agrees compares a search with what somebody else says.
func agrees(t *testing.T, j judged, ops []object.Op, legal bool) bool {
	t.Helper()
	got := search.Run(t.Context(), j.spec, ops, enough)
	want := object.Illegal
	if legal {
		want = object.Legal
	}
	if _, contents := j.system.(*box); contents && got.Outcome == object.TooBig {
		return true // orders of what is in a box are many, and nobody says which matter
	}
	if got.Outcome != want {
		t.Errorf("%s: outcome %d, want %d, of %+v", j.name, got.Outcome, want, ops)
		return false
	}
	if !legal {
		return true
	}
	if why := replay(j.spec, ops, got.Order); why != "" {
		t.Errorf("%s: %v is no order of %+v: %s", j.name, got.Order, ops, why)
		return false
	}
	return true
}

func TestRandomOperationsAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		j := anySystem(random)
		c := crowd{2 + random.IntN(5), 2 + random.IntN(10), []float64{0, 0.1, 0.3}[random.IntN(3)], []float64{0.1, 0.4}[random.IntN(2)]}
		ops := c.work(j.system, random)
		legal := brute.Legal(j.spec, ops)
		tally.Count(fmt.Sprint(j.name, map[bool]string{true: " legal", false: " illegal"}[legal]))
		return agrees(t, j, ops, legal) && (legal || reachedIsIllegal(t, j, ops, random))
	})
	tally.Log(t)
	for _, name := range []string{"register", "exact register", "queue", "stack", "set"} {
		if legal, illegal := tally.Of(name+" legal"), tally.Of(name+" illegal"); tally.Of("register legal") > 1000 && (legal < illegal/20 || illegal < legal/20) {
			t.Errorf("%s: %d legal and %d illegal ones are no mix", name, legal, illegal)
		}
	}
}

// until is what was known right after a moment.
func until(ops []object.Op, moment int, spec object.Spec) []object.Op {
	var known []object.Op
	for _, op := range ops {
		if op.Start > moment || op.End > moment && spec.Observer(op.Class) {
			continue
		}
		if op.End > moment {
			op.End, op.Maybe = object.Never, true
		}
		known = append(known, op)
	}
	return known
}

// reachedIsIllegal says that what was known when the search gave up is illegal
// already; and if the spec does not allow to look ahead, that nothing before was.
func reachedIsIllegal(t *testing.T, j judged, ops []object.Op, random *rand.Rand) bool {
	t.Helper()
	reached := search.Run(t.Context(), j.spec, ops, enough).Reached
	if !slices.ContainsFunc(ops, func(op object.Op) bool { return op.End == reached }) {
		t.Errorf("%s: %d is not the end of one of %+v", j.name, reached, ops)
		return false
	}
	_, looks := j.spec.(object.Exact)
	for moment, legal := range map[int]bool{reached: false, reached - 1: true} {
		if legal && looks {
			continue
		}
		if got := brute.Legal(j.spec, until(ops, moment, j.spec)); got != legal {
			t.Errorf("%s: until %d of %d it is legal: %v, of %+v", j.name, moment, reached, got, ops)
			return false
		}
	}
	return true
}

func TestRandomLongerOnesAreJudgedLikeByPorcupine(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 1_000, 20, func(t *testing.T, random *rand.Rand) bool {
		j := anySystem(random)
		c := crowd{2 + random.IntN(5), 10 + random.IntN(60), []float64{0, 0.01, 0.03}[random.IntN(3)], []float64{0, 0.01, 0.05}[random.IntN(3)]}
		ops := c.work(j.system, random)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		said := oracle.Porcupine(ctx, j.spec, ops, enough)
		if said == object.Undecided || said == object.TooBig {
			tally.Count("porcupine does not know")
			return true
		}
		tally.Count(fmt.Sprint(j.name, map[bool]string{true: " legal", false: " illegal"}[said == object.Legal]))
		return agrees(t, j, ops, said == object.Legal)
	})
	tally.Log(t)
}

// hard is what no search without any look-ahead decides: forty writes at the same
// time as a read of what nobody wrote.
func hard() (object.Spec, []object.Op) {
	r := newRegister()
	var ops []object.Op
	for i := range 40 {
		ops = append(ops, object.Op{Class: r.class(act{f: 'w', new: object.State(i + 1)}), Start: i, End: 100 + i})
	}
	return r, append(ops, object.Op{Class: r.class(act{f: 'r', old: 99}), Start: 50, End: 60})
}

func TestASearchThatOutgrowsItsMemoryIsTooBig(t *testing.T) {
	spec, ops := hard()
	got := search.Run(t.Context(), spec, ops, 4<<20)
	if got.Outcome != object.TooBig || got.Configurations > 1<<18 {
		t.Errorf("%+v", got)
	}
}

// sampling is a context that looks at the heap now and then when it is asked.
type sampling struct {
	context.Context
	asked int
	most  uint64
}

func (s *sampling) Err() error {
	if s.asked++; s.asked%100 == 0 {
		s.most = max(s.most, liveHeap())
	}
	return s.Context.Err()
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestMemoryStaysWithinTheBudget(t *testing.T) {
	const budget = 24 << 20
	for name, operations := range map[string]func() (object.Spec, []object.Op){"sets": hard, "states": permutations} {
		spec, ops := operations()
		before := liveHeap()
		ctx := &sampling{Context: t.Context()}
		if got := search.Run(ctx, spec, ops, budget); got.Outcome != object.TooBig {
			t.Fatalf("%s: %+v", name, got)
		}
		used := int(ctx.most) - int(before)
		if used > budget*5/4 || used < budget/4 {
			t.Errorf("%s: %d MiB live of a budget of %d MiB", name, used>>20, budget>>20)
		}
		t.Logf("%s: %d MiB live of a budget of %d MiB", name, used>>20, budget>>20)
	}
}

// permutations are puts into a queue at the same time, in any order of which none
// explains what is taken out.
func permutations() (object.Spec, []object.Op) {
	b := newBox("queue")
	var ops []object.Op
	for i := range 20 {
		ops = append(ops, object.Op{Class: b.class(fmt.Sprintf("put %c", 'a'+i)), Start: i, End: 100 + i})
	}
	return b, append(ops, object.Op{Class: b.class("get z"), Start: 50, End: 60})
}

func TestASearchEndsWithItsContext(t *testing.T) {
	spec, ops := hard()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := search.Run(ctx, spec, ops, 1<<30); got.Outcome != object.Undecided || got.Reached != 60 {
		t.Errorf("%+v", got)
	}
}

func TestNothingIsLegal(t *testing.T) {
	if got := search.Run(t.Context(), newRegister(), nil, enough); got.Outcome != object.Legal || len(got.Order) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestManyAtTheSameTime(t *testing.T) {
	r := newRegister()
	write, read := r.class(act{f: 'w', new: 1}), r.class(act{f: 'r', old: 1})
	var ops []object.Op
	const n = 5000
	for i := range n {
		ops = append(ops, object.Op{Class: []int32{write, read}[i%2], Start: i, End: 2*n - i})
	}
	if agrees(t, judged{"register", nil, exact{r}}, ops, true); t.Failed() {
		t.Error("that was of 5000 at the same time")
	}
}
