package longfork_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/longfork"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := longfork.New().Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var known = []struct{ name, want, text string }{
	{"in one order", "valid", `
		0 invoke txn [["w","x",1]]
		1 invoke txn [["w","y",1]]
		2 invoke txn [["r","x",null],["r","y",null]]
		2 ok txn [["r","x",1],["r","y",null]]
		3 invoke txn [["r","y",null],["r","x",null]]
		3 ok txn [["r","y",1],["r","x",1]]
		2 invoke txn [["r","x",null],["r","y",null]]
		2 ok txn [["r","x",null],["r","y",null]]`},
	{"a long fork", "long-fork", `
		0 invoke txn [["w","x",1]] node=n1
		0 ok txn [["w","x",1]] node=n1
		1 invoke txn [["w","y",1]] node=n2
		1 info txn [["w","y",1]] node=n2 !timeout
		2 invoke txn [["r","x",null],["r","y",null]] node=n1
		2 ok txn [["r","x",1],["r","y",null]] node=n1
		3 invoke txn [["r","y",null],["r","x",null]] node=n2
		3 ok txn [["r","y",1],["r","x",null]] node=n2`},
	{"among three keys", "long-fork", `
		0 invoke txn [["r","x",null],["r","y",null],["r","z",null]]
		0 ok txn [["r","x",1],["r","y",null],["r","z",null]]
		0 invoke txn [["r","x",null],["r","y",null],["r","z",null]]
		0 ok txn [["r","x",null],["r","y",1],["r","z",1]]`},
	{"nothing was found", "unknown", `
		0 invoke txn [["r","x",null],["r","y",null]]
		0 ok txn [["r","x",null],["r","y",null]]
		1 invoke txn [["r","x",null],["r","y",null]]
		1 ok txn [["r","x",null],["r","y",null]]`},
	{"of other keys", "unknown", `
		0 invoke txn [["r","x",null],["r","y",null]]
		0 ok txn [["r","x",1],["r","y",null]]
		0 invoke txn [["r","x",null],["r","z",null]]
		0 ok txn [["r","x",null],["r","z",1]]`},
	{"of one key", "unknown", `
		0 invoke txn [["r","x",null]]
		0 ok txn [["r","x",1]]
		0 invoke txn [["r","x",null]]
		0 ok txn [["r","x",null]]`},
	{"written twice", "unknown", `
		0 invoke txn [["w","x",1]]
		0 ok txn [["w","x",1]]
		0 invoke txn [["w","x",2]]
		0 ok txn [["w","x",2]]`},
	{"written once, and once in vain", "unknown", `
		0 invoke txn [["w","x",1]]
		0 fail txn [["w","x",1]] !conflict
		0 invoke txn [["w","x",2]]
		0 ok txn [["w","x",2]]`},
	{"nothing", "unknown", ``},
	{"answered with something else", "unknown", `
		0 invoke txn [["w","x",1],["r","y",null]]
		0 ok txn [["w","x",2],["r","y",null]]`},
	{"no transaction", "unknown", `
		0 invoke read
		0 ok read 1`},
	{"no operation", "unknown", `
		0 invoke txn [["delete","x",1]]
		0 ok txn [["delete","x",1]]`},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, h)
			if said := script.Said(t, h, got); said != c.want {
				t.Errorf("%s, want %s: %s", said, c.want, got.Reason)
			}
			all.WriteString(script.Explained(c.name, got))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// store holds groups of keys, and now and then hides a write from a read.
type store struct {
	random        *rand.Rand
	lies          float64
	groups, width int
	written       map[string]bool
	made          int
}

func (s *store) Next() history.Op {
	group := s.random.IntN(s.groups)
	if s.random.IntN(2) == 0 && s.made < s.groups*s.width {
		s.made++
		return txn(transaction.Op{Kind: transaction.Write, Key: key(s.made%s.groups, s.made/s.groups), Value: 1})
	}
	var reads []transaction.Op
	for i := range s.width {
		reads = append(reads, transaction.Op{Key: key(group, i)})
	}
	return txn(reads...)
}

func key(group, i int) string { return fmt.Sprint("k", group, ".", i) }

func txn(ops ...transaction.Op) history.Op {
	return history.Op{F: transaction.F, Value: transaction.Value(ops, false)}
}

func (s *store) Effect(op history.Op) any {
	ops, _ := transaction.Parse(op.Value)
	for i := range ops {
		if ops[i].Kind == transaction.Write {
			s.written[ops[i].Key] = true
		} else if s.written[ops[i].Key] {
			ops[i].Found, ops[i].Value = true, 1
		}
	}
	return ops
}

func (s *store) Tell(_ history.Op, answer any) (history.Type, history.Value, string) {
	ops := slices.Clone(answer.([]transaction.Op))
	for i := range ops {
		if s.random.Float64() < s.lies {
			ops[i].Found = ops[i].Kind == transaction.Write
		}
	}
	return history.OK, transaction.Value(ops, false), ""
}

func newStore(random *rand.Rand, lies float64, groups, width int) *store {
	return &store{random: random, lies: lies, groups: groups, width: width, written: map[string]bool{}}
}

func TestAgainstAllPairs(t *testing.T) {
	var seen script.Tally
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		lies := []float64{0, 0.05, 0.3}[random.IntN(3)]
		c := script.Clients{Random: random, System: newStore(random, lies, 1+random.IntN(2), 2+random.IntN(3)), Trouble: 0.1}
		h := c.Work(2+random.IntN(4), 2+random.IntN(14))
		want := byPairs(h.Calls())
		seen.Count(want.String())
		if got := check(t, h); got.Validity != want || lies == 0 && want == checkers.Invalid {
			t.Errorf("%v, want %v: %s, of\n%s", got.Validity, want, got.Reason, script.String(h))
			return false
		}
		return true
	})
	seen.Log(t)
}

// byPairs compares all reads of the same keys, key by key.
func byPairs(calls []history.Call) checkers.Validity {
	verdict, found := checkers.Unknown, false
	for i, a := range calls {
		if micro, _ := transaction.Parse(a.Out); a.Type == history.OK && len(micro) > 1 {
			for _, m := range micro {
				found = found || m.Found
			}
		}
		for _, b := range calls[:i] {
			x, _ := transaction.Parse(a.Out)
			y, _ := transaction.Parse(b.Out)
			if a.Type != history.OK || b.Type != history.OK || len(x) < 2 || len(y) < 2 || x[0].Key != y[0].Key {
				continue
			}
			verdict = max(verdict, checkers.Valid)
			more, less := false, false
			for k := range x {
				more = more || x[k].Found && !y[k].Found
				less = less || y[k].Found && !x[k].Found
			}
			if more && less {
				return checkers.Invalid
			}
		}
	}
	if !found {
		return checkers.Unknown
	}
	return verdict
}

// In a good history, a read that has only the latest write forks with the one that
// had all but the latest.
func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		c := script.Clients{Random: random, System: newStore(random, 0, 10, 8)}
		h := c.Work(5, 1000)
		if got := check(t, h); got.Validity != checkers.Valid {
			t.Fatalf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
		mutate(t, h)
		if got := check(t, h); script.Said(t, h, got) != longfork.LongFork {
			t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
	}
}

// mutate lets a read that found two writes or more miss one that an earlier read of
// the same group had found alone.
func mutate(t *testing.T, h *history.History) {
	alone := map[string]string{}
	for i := range h.Ops {
		ops, _ := transaction.Parse(h.Ops[i].Value)
		if h.Ops[i].Type != history.OK || len(ops) < 2 {
			continue
		}
		found := slices.DeleteFunc(slices.Clone(ops), func(op transaction.Op) bool { return !op.Found })
		if len(found) == 1 {
			alone[ops[0].Key] = found[0].Key
		}
		if only, known := alone[ops[0].Key]; known && len(found) > 1 {
			ops[slices.IndexFunc(ops, func(op transaction.Op) bool { return op.Key == only })].Found = false
			h.Ops[i].Value = transaction.Value(ops, false)
			return
		}
	}
	t.Fatal("no read can be changed")
}

func BenchmarkLongFork(b *testing.B) {
	const operations = 100_000
	random := rand.New(rand.NewPCG(1, 3))
	c := script.Clients{Random: random, System: newStore(random, 0, 10_000, 5)}
	h := c.Work(5, operations)
	for b.Loop() {
		if v := check(b, h); v.Validity != checkers.Valid {
			b.Fatal(v.Reason)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/operations, "ns/operation")
}
