package session_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/harness/history"
)

// oracle decides from the definition, by trying all orders of a key's versions,
// and all writers of what was found, straight from the calls.
type oracle struct {
	calls []history.Call // on one key, without those that failed
	asked map[session.Guarantee]bool
	// wrote are the calls that left a version, and source is which of these each
	// call found: none for the initial version, unread if it found none.
	wrote    []int
	source   []int
	happened []bool
}

const (
	none   = -1
	unread = -2
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
	if c.F == "read" {
		return c.Out, c.Type == history.OK
	}
	items, _ := c.In.Items()
	if c.F == "cas" {
		return items[0], true
	}
	return history.Value{}, false
}

// satisfiable says whether there are sources and an order that meet the demands.
func (o *oracle) satisfiable() bool {
	o.source = make([]int, len(o.calls))
	o.wrote = nil
	for i, call := range o.calls {
		if _, is := left(call); is {
			o.wrote = append(o.wrote, i)
		}
	}
	return o.anySource(0)
}

func (o *oracle) anySource(i int) bool {
	if i == len(o.calls) {
		o.happen()
		return o.anyOrder(map[int]int{none: 0})
	}
	v, finds := found(o.calls[i])
	o.source[i] = unread
	if finds && v.IsNil() {
		o.source[i] = none
	}
	if !finds || v.IsNil() {
		return o.anySource(i + 1)
	}
	some := false
	for _, w := range o.wrote {
		if written, _ := left(o.calls[w]); written.Equal(v) && w != i {
			some = true
			o.source[i] = w
			if o.anySource(i + 1) {
				return true
			}
		}
	}
	o.source[i] = unread
	return !some && o.anySource(i+1)
}

// anyOrder tries all ways to go on from some versions in order.
func (o *oracle) anyOrder(rank map[int]int) bool {
	if len(rank) == len(o.wrote)+1 {
		return o.meets(rank)
	}
	for _, w := range o.wrote {
		if _, has := rank[w]; has {
			continue
		}
		rank[w] = len(rank)
		if o.anyOrder(rank) {
			return true
		}
		delete(rank, w)
	}
	return false
}

// meets says whether an order meets all demands.
func (o *oracle) meets(rank map[int]int) bool {
	for i, call := range o.calls {
		_, writes := left(call)
		if writes && call.F == "cas" && o.happened[i] && o.source[i] != unread && rank[o.source[i]] >= rank[i] {
			return false
		}
		for j := i + 1; j < len(o.calls); j++ {
			if o.calls[j].Process == call.Process && call.Type == history.OK && !o.agree(i, j, rank) {
				return false
			}
		}
	}
	return true
}

// happen finds which calls happened: those that were acknowledged, and those that
// left what another one found which happened.
func (o *oracle) happen() {
	o.happened = make([]bool, len(o.calls))
	for changed := true; changed; {
		changed = false
		for i, call := range o.calls {
			if !o.happened[i] && call.Type == history.OK {
				o.happened[i], changed = true, true
			}
			if s := o.source[i]; o.happened[i] && s >= 0 && !o.happened[s] {
				o.happened[s], changed = true, true
			}
		}
	}
}

func (o *oracle) agree(i, j int, rank map[int]int) bool {
	_, firstWrites := left(o.calls[i])
	_, secondWrites := left(o.calls[j])
	readFirst, readSecond := o.source[i] != unread, o.source[j] != unread && o.calls[j].Type == history.OK
	for _, demand := range []struct {
		g             session.Guarantee
		applies       bool
		older, newest int
	}{
		{session.ReadYourWrites, firstWrites && readSecond, i, o.source[j]},
		{session.MonotonicReads, readFirst && readSecond, o.source[i], o.source[j]},
		{session.MonotonicWrites, firstWrites && secondWrites, i, j},
		{session.WritesFollowReads, readFirst && secondWrites, o.source[i], j},
	} {
		if demand.applies && o.asked[demand.g] && rank[demand.older] > rank[demand.newest] {
			return false
		}
	}
	return true
}

var all = []session.Guarantee{session.ReadYourWrites, session.MonotonicReads, session.MonotonicWrites, session.WritesFollowReads}

// possible says whether guarantees can have been kept together on every key.
func possible(h *history.History, asked ...session.Guarantee) bool {
	for _, k := range history.ByKey(h.Calls()) {
		o := oracle{asked: map[session.Guarantee]bool{}}
		for _, g := range asked {
			o.asked[g] = true
		}
		for _, call := range k.Calls {
			if call.Type != history.Fail && !(call.F == "read" && call.Type == history.Info) {
				o.calls = append(o.calls, call)
			}
		}
		if !o.satisfiable() {
			return false
		}
	}
	return true
}

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 6_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := weak.Small(random, 10)
		demanded := all
		if random.IntN(3) == 0 { // some of them
			demanded = slices.DeleteFunc(slices.Clone(all), func(session.Guarantee) bool { return random.IntN(2) == 0 })
			if len(demanded) == 0 {
				demanded = all
			}
		}
		got, err := session.New(session.Options{Only: demanded}).Check(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		if len(demanded) < len(all) {
			tally.Count("only some demanded")
		}
		hidden := got.Stats[len(got.Stats)-1].Name == "finds of values with no known writer"
		for _, part := range got.Parts {
			asked := demanded
			for _, g := range all {
				if part.Checker == g.String() {
					asked = []session.Guarantee{g}
				}
			}
			if part.Checker == session.Written {
				tally.Count("unwritten")
				continue
			}
			want := possible(h, asked...)
			tally.Count(fmt.Sprint(part.Checker, " ", part.Validity))
			wrong := part.Validity == checkers.Invalid && want || part.Validity == checkers.Valid && (!want || hidden && !slices.Equal(asked, []session.Guarantee{session.MonotonicWrites})) ||
				part.Validity == checkers.Unknown && !want && !hidden
			if wrong {
				t.Errorf("%s: %v (%s), possible is %v:\n%s", part.Checker, part.Validity, part.Reason, want, script.String(h))
				return false
			}
		}
		return got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got)
	})
	tally.Log(t)
}
