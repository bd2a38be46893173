package leader_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/leader"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History, options ...leader.Option) checkers.Verdict {
	t.Helper()
	v, err := leader.New(options...).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known have the verdict per term, and that at each time.
var known = []struct{ name, perTerm, perTime, text string }{
	{"one leader after another", "valid", "valid", `
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1
		1 invoke leads node=n2
		1 ok leads [false,1] node=n2
		1 invoke leads node=n2
		1 ok leads [true,2] node=n2
		0 invoke leads node=n1
		0 ok leads [false,2] node=n1`},
	{"two in one term", "two-leaders-in-a-term", "two-leaders-in-a-term", `
		0 invoke leads node=n1
		0 ok leads [true,3] node=n1
		1 invoke leads node=n2
		1 ok leads [true,3] node=n2`},
	{"a follower's word of the same term", "valid", "valid", `
		0 invoke leads node=n1
		0 ok leads [true,3] node=n1
		1 invoke leads node=n2
		1 ok leads [false,3] node=n2`},
	{"a leader that is cut off", "valid", "two-leaders-at-a-time", `
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1
		1 invoke leads node=n2
		1 ok leads [true,2] node=n2
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1`},
	{"the new one may not have led yet", "valid", "valid", `
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1
		1 invoke leads node=n2
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1
		1 ok leads [true,2] node=n2`},
	{"calls at the same time", "valid", "valid", `
		0 invoke leads node=n1
		1 invoke leads node=n2
		0 ok leads [true,1] node=n1
		1 ok leads [true,2] node=n2`},
	{"spans that overlap", "valid", "two-leaders-at-a-time", `
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1
		1 invoke leads node=n2
		0 invoke leads node=n1
		1 ok leads [true,2] node=n2
		0 ok leads [true,1] node=n1
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1
		1 invoke leads node=n2
		1 ok leads [true,2] node=n2`},
	{"no answer says nothing", "valid", "valid", `
		0 invoke leads node=n1
		0 ok leads [true,1] node=n1
		1 invoke leads node=n2
		1 info leads [true,1] node=n2 !timeout
		2 invoke leads node=n2
		2 fail leads [true,1] node=n2 !refused`},
	{"two keys", "valid", "valid", `
		0 invoke leads key=a node=n1
		0 ok leads [true,1] key=a node=n1
		1 invoke leads key=b node=n2
		1 ok leads [true,1] key=b node=n2`},
	{"no terms", "unknown", "valid", `
		0 invoke leads node=n1
		0 ok leads [true,0] node=n1
		1 invoke leads node=n2
		1 ok leads [true,0] node=n2`},
	{"no leader", "unknown", "unknown", `
		0 invoke leads node=n1
		0 ok leads [false,1] node=n1`},
	{"nothing", "unknown", "unknown", ``},
	{"an answer that is none", "unknown", "unknown", `
		0 invoke leads node=n1
		0 ok leads [1,true] node=n1`},
	{"a leader without a name", "unknown", "unknown", `
		0 invoke leads
		0 ok leads [true,1]`},
	{"another operation", "unknown", "unknown", `
		0 invoke read
		0 ok read 1`},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			atEachTime := check(t, h, leader.AtEachTime())
			if said := verdict(t, h, check(t, h)); said != c.perTerm {
				t.Errorf("%s, want %s", said, c.perTerm)
			}
			if said := verdict(t, h, atEachTime); said != c.perTime {
				t.Errorf("at each time: %s, want %s: %s", said, c.perTime, atEachTime.Reason)
			}
			all.WriteString(script.Explained(c.name, atEachTime))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// verdict is the first anomaly, or the validity.
func verdict(t *testing.T, h *history.History, v checkers.Verdict) string {
	if v.Validity == checkers.Invalid && script.PointsAtCalls(t, h, v) {
		return v.Findings[0].Anomaly
	}
	return v.Validity.String()
}

// small is a history of three nodes that claim to lead in some terms, at random.
func small(random *rand.Rand) *history.History {
	h := &history.History{}
	open := map[int]string{}
	for len(h.Ops) < 4+random.IntN(14) {
		process := random.IntN(4)
		op := history.Op{Index: len(h.Ops), Process: process, F: "leads"}
		if node, running := open[process]; running {
			op.Node, op.Type = node, history.OK
			op.Value = history.List(history.Bool(random.IntN(4) > 0), history.Int(random.IntN(4)))
			delete(open, process)
		} else {
			op.Node, op.Type = fmt.Sprint("n", 1+random.IntN(3)), history.Invoke
			open[process] = op.Node
		}
		h.Ops = append(h.Ops, op)
	}
	return h
}

// twice says by comparing all pairs whether some term has two leaders.
func twice(h *history.History) bool {
	for _, a := range claims(h) {
		for _, b := range claims(h) {
			if a.Node != b.Node && a.Out.Equal(b.Out) && !a.Out.Equal(history.List(history.Bool(true), history.Int(0))) {
				return true
			}
		}
	}
	return false
}

func claims(h *history.History) (all []history.Call) {
	for _, c := range h.Calls() {
		items, _ := c.Out.Items()
		if c.Type != history.OK || len(items) != 2 {
			continue
		}
		if leads, _ := items[0].Bool(); leads {
			all = append(all, c)
		}
	}
	return all
}

// possible says whether there is a moment for each claim so that never two nodes
// lead, trying all orders of the moments: a node leads from its first moment in a
// term to its last one.
func possible(h *history.History, all []history.Call, moments map[int]int) bool {
	if len(moments) == len(all) {
		return apart(all, moments)
	}
	call := all[len(moments)]
	// Between two places of the history there is room for several moments, which
	// differ in their order only: quarters are enough for as many as are tried.
	for at := 4*call.Invoke + 1; at < 4*call.Complete; at++ {
		moments[call.Invoke] = at
		if apart(all, moments) && possible(h, all, moments) {
			return true
		}
		delete(moments, call.Invoke)
	}
	return false
}

func apart(all []history.Call, moments map[int]int) bool {
	for _, a := range all {
		for _, b := range all {
			first, fine := moments[a.Invoke]
			last, known := moments[b.Invoke]
			if !fine || !known || first > last || a.Node != b.Node || !a.Out.Equal(b.Out) || a.Invoke != b.Invoke && term(a) == 0 {
				continue
			}
			for _, c := range all {
				if at, known := moments[c.Invoke]; known && c.Node != a.Node && first <= at && at <= last {
					return false
				}
			}
		}
	}
	return true
}

func term(c history.Call) int {
	items, _ := c.Out.Items()
	n, _ := items[1].Int()
	return n
}

func TestAgainstAllPairsAndAllMoments(t *testing.T) {
	var seen script.Tally
	script.Try(t, 20_000, 10, func(t *testing.T, random *rand.Rand) bool {
		h := small(random)
		perTerm, perTime := check(t, h), check(t, h, leader.AtEachTime())
		seen.Count(perTime.Validity.String())
		if (perTerm.Validity == checkers.Invalid) != twice(h) {
			t.Errorf("%s\n%s\n%s", perTerm.Validity, perTerm.Reason, script.String(h))
			return false
		}
		if len(claims(h)) > 5 || twice(h) {
			return true
		}
		fine := possible(h, claims(h), map[int]int{})
		if overlap := perTime.Validity == checkers.Invalid; overlap == fine {
			t.Errorf("%s, moments that fit: %v\n%s\n%s", perTime.Validity, fine, perTime.Reason, script.String(h))
			return false
		}
		seen.Count(fmt.Sprint("moments that fit: ", fine))
		return true
	})
	seen.CameUp(t, "valid", "invalid", "unknown", "moments that fit: true", "moments that fit: false")
}

// right is a history of leaders that follow each other.
func right(random *rand.Rand) *history.History {
	h := &history.History{}
	for term := 1; term < 20; term++ {
		leads := random.IntN(3)
		for range 1 + random.IntN(5) {
			for node := range 3 {
				name := fmt.Sprint("n", node+1)
				value := history.List(history.Bool(node == leads), history.Int(term))
				h.Ops = append(h.Ops,
					history.Op{Index: len(h.Ops), Process: node, F: "leads", Node: name, Type: history.Invoke},
					history.Op{Index: len(h.Ops) + 1, Process: node, F: "leads", Node: name, Type: history.OK, Value: value})
			}
		}
	}
	return h
}

func TestMutationsAreFound(t *testing.T) {
	script.Try(t, 2000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := right(random)
		if v := check(t, h, leader.AtEachTime()); v.Validity != checkers.Valid {
			t.Errorf("a right history is %s: %s", v.Validity, v.Reason)
			return false
		}
		// One follower says that it leads.
		for {
			op := &h.Ops[random.IntN(len(h.Ops))]
			items, _ := op.Value.Items()
			if op.Type != history.OK {
				continue
			}
			if leads, _ := items[0].Bool(); !leads {
				op.Value = history.List(history.Bool(true), items[1])
				break
			}
		}
		v := check(t, h)
		if v.Validity != checkers.Invalid || v.Findings[0].Anomaly != leader.TwoInTerm {
			t.Errorf("two leaders in a term are %s: %s", v.Validity, v.Reason)
			return false
		}
		return true
	})
}
