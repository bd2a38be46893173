package eventual

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// ops is a history of these, a millisecond each.
func ops(list ...history.Op) *history.History {
	for i := range list {
		list[i].Index, list[i].Time = i, time.Duration(i)*time.Millisecond
	}
	return &history.History{Ops: list}
}

func begin(p int, f string, v history.Value) history.Op {
	return history.Op{Process: p, F: f, Key: "k", Value: v}
}

func end(p int, how history.Type, f string, v history.Value) history.Op {
	return history.Op{Process: p, Type: how, F: f, Key: "k", Value: v}
}

func final(o history.Op) history.Op { o.Final = true; return o }

func check(t *testing.T, c Checker, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := c.Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var none history.Value

func TestKnownHistories(t *testing.T) {
	add := func(p, n int, how history.Type) []history.Op {
		return []history.Op{begin(p, "add", history.Int(n)), end(p, how, "add", history.Int(n))}
	}
	read := func(p int, v history.Value, last bool) []history.Op {
		b, e := begin(p, "read", none), end(p, history.OK, "read", v)
		b.Final, e.Final = last, last
		return []history.Op{b, e}
	}
	for _, c := range []struct {
		name    string
		checker Checker
		ops     [][]history.Op
		want    checkers.Validity
		anomaly string
	}{
		{"a stale read on the way", Sets(), [][]history.Op{add(0, 1, history.OK), read(1, history.Ints(), false), read(1, history.Ints(1), true)}, checkers.Valid, ""},
		{"lost at the end", Sets(), [][]history.Op{add(0, 1, history.OK), read(1, history.Ints(), true)}, checkers.Invalid, Lost},
		{"unknown and absent", Sets(), [][]history.Op{add(0, 1, history.Info), read(1, history.Ints(), true)}, checkers.Valid, ""},
		{"unknown and there", Sets(), [][]history.Op{add(0, 1, history.Info), read(1, history.Ints(1), true)}, checkers.Valid, ""},
		{"failed and there", Sets(), [][]history.Op{add(0, 1, history.Fail), read(1, history.Ints(1), true)}, checkers.Invalid, Phantom},
		{"before it was added", Sets(), [][]history.Op{read(1, history.Ints(1), false), add(0, 1, history.OK), read(1, history.Ints(1), true)}, checkers.Invalid, Phantom},
		{"twice", Sets(), [][]history.Op{add(0, 1, history.OK), read(1, history.Ints(1, 1), true)}, checkers.Invalid, Duplicated},
		{"no final read", Sets(), [][]history.Op{add(0, 1, history.OK), read(1, history.Ints(), false)}, checkers.Unknown, ""},
		{"nothing", Sets(), nil, checkers.Unknown, ""},
		{"counted", Counters(), [][]history.Op{add(0, 2, history.OK), add(0, 3, history.Info), read(1, history.Int(0), false), read(1, history.Int(2), true), read(1, history.Int(5), true)}, checkers.Valid, ""},
		{"lost count", Counters(), [][]history.Op{add(0, 2, history.OK), read(1, history.Int(1), true)}, checkers.Invalid, Lost},
		{"counted twice", Counters(), [][]history.Op{add(0, 2, history.OK), read(1, history.Int(4), false), read(1, history.Int(2), true)}, checkers.Invalid, Phantom},
	} {
		v := check(t, c.checker, ops(slices.Concat(c.ops...)...))
		if v.Validity != c.want || c.anomaly != "" && (len(v.Findings) == 0 || v.Findings[0].Anomaly != c.anomaly) {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

// TestRandomHistoriesAgainstTheDefinition makes small histories with operations that
// overlap, and judges each read by trying every set of adds that could have happened.
func TestRandomHistoriesAgainstTheDefinition(t *testing.T) {
	n := 20_000
	if text := os.Getenv("ASSAY_RANDOM"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	invalid := 0
	for i := range n {
		sets := i%2 == 0
		h := randomHistory(random, sets)
		c := Counters()
		if sets {
			c = Sets()
		}
		v := check(t, c, h)
		want := brute(h, sets)
		if v.Validity != want {
			t.Fatalf("history %d: %v, by the definition %v: %+v\n%+v", i, v.Validity, want, v, h.Ops)
		}
		if want == checkers.Invalid {
			invalid++
		}
	}
	if invalid < n/20 || invalid > n*19/20 {
		t.Errorf("%d of %d are invalid: that tries too little", invalid, n)
	}
}

// randomHistory has up to six operations of three processes.
func randomHistory(random *rand.Rand, sets bool) *history.History {
	var list []history.Op
	open := map[int]history.Op{}
	next, left := 1, 6
	for left > 0 || len(open) > 0 {
		p := random.IntN(3)
		if o, busy := open[p]; busy {
			delete(open, p)
			list = append(list, complete(random, o, next, sets))
			continue
		}
		if left == 0 {
			continue
		}
		left--
		o := begin(p, "read", none)
		if random.IntN(2) == 0 {
			o = begin(p, "add", history.Int(next))
			next++
		}
		o.Final = o.F == "read" && random.IntN(2) == 0
		list, open[p] = append(list, o), o
	}
	return ops(list...)
}

func complete(random *rand.Rand, o history.Op, next int, sets bool) history.Op {
	o.Type = []history.Type{history.OK, history.OK, history.OK, history.Fail, history.Info}[random.IntN(5)]
	if o.F == "add" || o.Type != history.OK {
		return o
	}
	if !sets {
		o.Value = history.Int(random.IntN(next * 2))
		return o
	}
	var has []int
	for e := 1; e < next; e++ {
		if random.IntN(4) > 0 {
			has = append(has, e)
		}
	}
	if random.IntN(8) == 0 {
		has = append(has, next)
	}
	o.Value = history.Ints(has...)
	return o
}

// brute tries, for each read by itself, every choice of adds.
func brute(h *history.History, sets bool) checkers.Validity {
	calls := h.Calls()
	finals := 0
	for _, read := range calls {
		if read.F != "read" || read.Type != history.OK {
			continue
		}
		if read.Final {
			finals++
		}
		if !explained(calls, read, sets) {
			return checkers.Invalid
		}
	}
	seen := func(add history.Call) bool {
		return slices.ContainsFunc(calls, func(read history.Call) bool {
			return read.F == "read" && read.Type == history.OK && read.Final && read.Invoke > add.Complete
		})
	}
	for _, add := range calls {
		if finals == 0 || add.F == "add" && add.Type == history.OK && !seen(add) {
			return checkers.Unknown
		}
	}
	if finals == 0 {
		return checkers.Unknown
	}
	return checkers.Valid
}

func explained(calls []history.Call, read history.Call, sets bool) bool {
	var adds []history.Call
	for _, c := range calls {
		if c.F == "add" {
			adds = append(adds, c)
		}
	}
	for chosen := range 1 << len(adds) {
		if fits(adds, chosen, read, sets) {
			return true
		}
	}
	return false
}

func fits(adds []history.Call, chosen int, read history.Call, sets bool) bool {
	var in []int
	total := 0
	for i, add := range adds {
		n, _ := add.In.Int()
		taken := chosen>>i&1 == 1
		must := add.Type == history.OK && read.Final && add.End < read.Start
		can := add.Type != history.Fail && add.Start < read.End
		if taken && !can || !taken && must {
			return false
		}
		if taken {
			in, total = append(in, n), total+n
		}
	}
	if !sets {
		n, _ := read.Out.Int()
		return n == total || n >= 0 && n < total && !read.Final || read.Final && between(adds, n, read)
	}
	items, _ := read.Out.Items()
	var has []int
	for _, item := range items {
		n, _ := item.Int()
		has = append(has, n)
	}
	slices.Sort(has)
	slices.Sort(in)
	return slices.Equal(has, in)
}

// between: a counter is judged by its bounds alone, for its adds need not be atomic on
// their way.
func between(adds []history.Call, n int, read history.Call) bool {
	low, high := 0, 0
	for _, add := range adds {
		by, _ := add.In.Int()
		if add.Type == history.OK && add.End < read.Start {
			low += by
		}
		if add.Type != history.Fail && add.Start < read.End {
			high += by
		}
	}
	return low <= n && n <= high
}

// TestEveryMutationIsFound breaks a good history in one place at a time.
func TestEveryMutationIsFound(t *testing.T) {
	var list []history.Op
	var all []int
	for n := 1; n <= 20; n++ {
		list = append(list, begin(0, "add", history.Int(n)), end(0, history.OK, "add", history.Int(n)))
		all = append(all, n)
	}
	good := func(v history.Value) *history.History {
		return ops(append(slices.Clone(list), final(begin(1, "read", none)), final(end(1, history.OK, "read", v)))...)
	}
	if v := check(t, Sets(), good(history.Ints(all...))); v.Validity != checkers.Valid {
		t.Fatalf("%+v", v)
	}
	for i := range all {
		lost := slices.Delete(slices.Clone(all), i, i+1)
		if v := check(t, Sets(), good(history.Ints(lost...))); v.Validity != checkers.Invalid || v.Findings[0].Anomaly != Lost {
			t.Errorf("without %d: %+v", all[i], v)
		}
		if v := check(t, Sets(), good(history.Ints(append(slices.Clone(all), all[i])...))); v.Validity != checkers.Invalid {
			t.Errorf("%d twice: %+v", all[i], v)
		}
	}
	for _, n := range []int{0, 209, 211} {
		if v := check(t, Counters(), good(history.Int(n))); v.Validity != checkers.Invalid {
			t.Errorf("%d: %+v", n, v)
		}
	}
	if v := check(t, Counters(), good(history.Int(210))); v.Validity != checkers.Valid {
		t.Errorf("%+v", v)
	}
}

func TestWhatIsNoneOfItsOperationsIsAnError(t *testing.T) {
	for _, h := range []*history.History{
		ops(begin(0, "frob", none)),
		ops(begin(0, "add", none), end(0, history.OK, "add", none)),
		ops(begin(0, "read", none), end(0, history.OK, "read", history.String("x"))),
	} {
		if _, err := Sets().Check(t.Context(), h); err == nil {
			t.Errorf("%+v was judged", h.Ops)
		}
	}
	if _, err := Counters().Check(t.Context(), ops(begin(0, "add", history.Int(-1)), end(0, history.OK, "add", history.Int(-1)))); err == nil {
		t.Error("a counter that shrinks was judged")
	}
}
