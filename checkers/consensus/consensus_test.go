package consensus_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/consensus"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := consensus.New().Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var known = []struct{ name, want, text string }{
	{"agreed", "valid", `
		0 invoke propose 1 node=n1
		1 invoke propose 2 node=n2
		0 ok propose 2 node=n1
		1 ok propose 2 node=n2
		2 invoke learn node=n3
		2 ok learn 2 node=n3`},
	{"not known everywhere yet", "valid", `
		0 invoke propose 1 node=n1
		0 ok propose 1 node=n1
		1 invoke learn node=n2
		1 ok learn null node=n2
		1 invoke learn node=n2
		1 ok learn 1 node=n2`},
	{"a proposal of unknown outcome won", "valid", `
		0 invoke propose 1
		0 info propose 1 !timeout
		1 invoke propose 2
		1 ok propose 1`},
	{"instances of their own", "valid", `
		0 invoke propose 1 key=a
		0 ok propose 1 key=a
		0 invoke propose 2 key=b
		0 ok propose 2 key=b`},
	{"learnt while it was asked for", "valid", `
		0 invoke propose 1 node=n1
		1 invoke learn node=n1
		0 ok propose 1 node=n1
		1 ok learn null node=n1`},
	{"two decisions", "disagreement", `
		0 invoke propose 1 key=a node=n1
		0 ok propose 1 key=a node=n1
		1 invoke propose 2 key=a node=n2
		1 ok propose 2 key=a node=n2`},
	{"a learner that was told something else", "disagreement", `
		0 invoke propose 1
		1 invoke propose 2
		0 ok propose 1
		1 info propose 2 !timeout
		2 invoke learn
		2 ok learn 2`},
	{"made up", "phantom", `
		0 invoke propose 1
		0 ok propose 3`},
	{"told before it was proposed", "phantom", `
		0 invoke learn
		0 ok learn 3
		1 invoke propose 3
		1 ok propose 3`},
	{"proposed in vain", "aborted-proposal", `
		0 invoke propose 3
		0 fail propose 3 !no leader
		1 invoke learn
		1 ok learn 3`},
	{"forgotten by a node", "forgotten", `
		0 invoke propose 1 node=n1
		0 ok propose 1 node=n1
		1 invoke learn node=n1
		1 ok learn null node=n1`},
	{"forgotten by nobody knows whom", "forgotten", `
		0 invoke propose 1
		0 ok propose 1
		0 invoke learn
		0 ok learn null`},
	{"another process may not know yet", "valid", `
		0 invoke propose 1
		0 ok propose 1
		1 invoke learn
		1 ok learn null`},
	{"nothing decided", "unknown", `
		0 invoke propose 1
		0 info propose 1 !timeout
		1 invoke learn
		1 ok learn null`},
	{"nothing", "unknown", ``},
	{"a proposal without a decision", "unknown", `
		0 invoke propose 1
		0 ok propose null`},
	{"another operation", "unknown", `
		0 invoke read
		0 ok read 1`},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, h)
			said := got.Validity.String()
			if got.Validity == checkers.Invalid && script.PointsAtCalls(t, h, got) {
				said = got.Findings[0].Anomaly
			}
			if said != c.want {
				t.Errorf("%s, want %s: %s", said, c.want, got.Reason)
			}
			all.WriteString(script.Explained(c.name, got))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// small is a random history of one or two instances and few values.
func small(random *rand.Rand) *history.History {
	h := &history.History{}
	open := map[int]history.Op{}
	lives := 0
	for len(h.Ops) < 2+random.IntN(14) {
		client := random.IntN(3)
		op, running := open[client]
		if running {
			answer(random, &op)
			delete(open, client)
			lives++
		} else {
			op = history.Op{Process: client + 3*lives, F: "learn", Key: []string{"", "b"}[random.IntN(5)/4], Node: []string{"", "n1", "n2"}[random.IntN(3)]}
			if random.IntN(2) == 0 {
				op.F, op.Value = "propose", history.Int(random.IntN(3))
			}
			open[client] = op
		}
		op.Index = len(h.Ops)
		h.Ops = append(h.Ops, op)
	}
	return h
}

func answer(random *rand.Rand, op *history.Op) {
	switch random.IntN(6) {
	case 0:
		op.Type, op.Error = history.Info, "timeout"
	case 1:
		op.Type, op.Error = history.Fail, "refused"
	default:
		op.Type = history.OK
		if op.F == "learn" && random.IntN(3) == 0 {
			return
		}
		op.Value = history.Int([]int{1, 1, 1, 1, 0, 2}[random.IntN(6)])
	}
}

// explained says whether some value can be the decision of every instance, by trying
// all, and whether any was told.
func explained(h *history.History) (fine, told bool) {
	fine = true
	for _, k := range history.ByKey(h.Calls()) {
		explains := func(v int) bool { return decides(k.Calls, v) }
		fine = fine && (explains(0) || explains(1) || explains(2) || decides(k.Calls, -1))
		told = told || !decides(k.Calls, -1)
	}
	return fine, told
}

// decides says whether the calls can be answered so if v is decided; -1 is nothing.
func decides(calls []history.Call, v int) bool {
	for _, c := range calls {
		n, isNumber := c.Out.Int()
		if c.Type != history.OK {
			continue
		}
		if isNumber && (n != v || !proposedBefore(calls, v, c.Complete)) {
			return false
		}
		if !isNumber && knewBefore(calls, c) {
			return false
		}
	}
	return true
}

func proposedBefore(calls []history.Call, v, at int) bool {
	for _, c := range calls {
		n, _ := c.In.Int()
		if c.F == "propose" && c.Type != history.Fail && n == v && c.Invoke < at {
			return true
		}
	}
	return false
}

func knewBefore(calls []history.Call, ignorant history.Call) bool {
	for _, c := range calls {
		_, told := c.Out.Int()
		same := c.Node == ignorant.Node && (c.Node != "" || c.Process == ignorant.Process)
		if c.Type == history.OK && told && same && c.Complete < ignorant.Invoke {
			return true
		}
	}
	return false
}

func TestAgainstAllDecisions(t *testing.T) {
	var seen script.Tally
	script.Try(t, 60_000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := small(random)
		got := check(t, h)
		fine, told := explained(h)
		want := checkers.Unknown
		switch {
		case !fine:
			want = checkers.Invalid
		case told:
			want = checkers.Valid
		}
		seen.Count(got.Validity.String())
		for _, f := range got.Findings {
			seen.Count(f.Anomaly)
		}
		if got.Validity != want {
			t.Errorf("%s, want %s: %s\n%s", got.Validity, want, got.Reason, script.String(h))
		}
		return got.Validity == want
	})
	seen.CameUp(t, "valid", "unknown", consensus.Disagreement, consensus.Phantom, consensus.AbortedProposal, consensus.Forgotten)
}

// decider is a consensus that does everything right.
type decider struct {
	random  *rand.Rand
	last    int
	decided map[string]int
}

func (d *decider) Next() history.Op {
	op := history.Op{F: "learn", Key: fmt.Sprint("i", d.last/8), Node: fmt.Sprint("n", 1+d.random.IntN(3))}
	if d.last++; d.random.IntN(2) == 0 {
		op.F, op.Value = "propose", history.Int(d.last)
	}
	return op
}

func (d *decider) Effect(op history.Op) any {
	if n, proposes := op.Value.Int(); proposes {
		if _, done := d.decided[op.Key]; !done {
			d.decided[op.Key] = n
		}
	}
	n, done := d.decided[op.Key]
	if !done {
		return history.Value{}
	}
	return history.Int(n)
}

func (d *decider) Tell(_ history.Op, answer any) (history.Type, history.Value, string) {
	return history.OK, answer.(history.Value), ""
}

func TestMutationsAreFound(t *testing.T) {
	script.Try(t, 3000, 1, func(t *testing.T, random *rand.Rand) bool {
		clients := script.Clients{Random: random, System: &decider{random: random, decided: map[string]int{}}, Trouble: 0.1}
		h := clients.Work(5, 200)
		if v := check(t, h); v.Validity != checkers.Valid {
			t.Errorf("a right history is %s: %s", v.Validity, v.Reason)
			return false
		}
		for {
			op := &h.Ops[random.IntN(len(h.Ops))]
			if n, told := op.Value.Int(); told && op.Type == history.OK && tellers(h, op) > 1 {
				op.Value = history.Int(n + 1000)
				break
			}
		}
		v := check(t, h)
		if v.Validity != checkers.Invalid || v.Findings[0].Anomaly != consensus.Disagreement {
			t.Errorf("another decision is %s: %s", v.Validity, v.Reason)
			return false
		}
		return true
	})
}

// tellers is how many were told a decision of the op's instance.
func tellers(h *history.History, op *history.Op) int {
	n := 0
	for i := range h.Ops {
		if _, told := h.Ops[i].Value.Int(); told && h.Ops[i].Type == history.OK && h.Ops[i].Key == op.Key {
			n++
		}
	}
	return n
}
