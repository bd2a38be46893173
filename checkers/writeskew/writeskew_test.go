package writeskew_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/writeskew"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, expected isolation.Level, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := writeskew.New(writeskew.Options{Expected: expected}).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const (
	skewed = `
		0 invoke txn [["r","x",null],["r","y",null],["w","x",1]] node=n1
		1 invoke txn [["r","x",null],["r","y",null],["w","y",1]] node=n2
		0 ok txn [["r","x",null],["r","y",null],["w","x",1]] node=n1
		1 ok txn [["r","x",null],["r","y",null],["w","y",1]] node=n2`
	lost = `
		0 invoke txn [["w","x",1]]
		0 ok txn [["w","x",1]]
		0 invoke txn [["r","x",null],["w","x",2]]
		1 invoke txn [["r","x",null],["r","y",null],["w","x",3]]
		0 ok txn [["r","x",1],["w","x",2]]
		1 ok txn [["r","x",1],["r","y",null],["w","x",3]]`
)

var known = []struct {
	name, want string
	expected   isolation.Level
	text       string
}{
	{"one after the other", "valid", isolation.Serializable, `
		0 invoke txn [["r","x",null],["r","y",null],["w","x",1]]
		1 invoke txn [["r","x",null],["r","y",null],["w","y",1]]
		0 ok txn [["r","x",null],["r","y",null],["w","x",1]]
		1 ok txn [["r","x",1],["r","y",null],["w","y",1]]`},
	{"one has read the other's write", "valid", isolation.Serializable, `
		0 invoke txn [["r","x",null],["w","x",1],["r","x",null]]
		0 ok txn [["r","x",null],["w","x",1],["r","x",1]]
		1 invoke txn [["r","x",null],["w","x",2]]
		1 ok txn [["r","x",1],["w","x",2]]`},
	{"write skew", "write-skew", isolation.Serializable, skewed},
	{"write skew where it is allowed", "valid", isolation.SnapshotIsolation, skewed},
	{"lost update", "lost-update", isolation.SnapshotIsolation, lost},
	{"lost update where it is allowed", "valid", isolation.ReadCommitted, lost},
	{"skewed and lost at once", "lost-update", isolation.SnapshotIsolation, `
		0 invoke txn [["r","x",null],["r","y",null],["w","y",1]]
		1 invoke txn [["r","x",null],["r","y",null],["w","x",2],["w","y",2]]
		0 ok txn [["r","x",null],["r","y",null],["w","y",1]]
		1 ok txn [["r","x",null],["r","y",null],["w","x",2],["w","y",2]]`},
	{"one of them may not have happened", "unknown", isolation.Serializable, `
		0 invoke txn [["r","x",null],["r","y",null],["w","x",1]]
		1 invoke txn [["r","x",null],["r","y",null],["w","y",1]]
		0 info txn [["r","x",null],["r","y",null],["w","x",1]] !timeout
		1 ok txn [["r","x",null],["r","y",null],["w","y",1]]`},
	{"one of them failed", "unknown", isolation.Serializable, `
		0 invoke txn [["r","x",null],["w","x",1]]
		0 fail txn [["r","x",null],["w","x",1]] !conflict
		1 invoke txn [["r","x",null],["w","x",1]]
		1 ok txn [["r","x",null],["w","x",1]]`},
	{"a value twice", "unknown", isolation.Serializable, `
		0 invoke txn [["w","x",1]]
		0 info txn [["w","x",1]] !timeout
		1 invoke txn [["w","x",1]]
		1 ok txn [["w","x",1]]`},
	{"nothing", "unknown", isolation.Serializable, ``},
	{"lists", "unknown", isolation.Serializable, `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]`},
	{"answered with something else", "unknown", isolation.Serializable, `
		0 invoke txn [["w","x",1],["r","y",null]]
		0 ok txn [["w","x",2],["r","y",null]]`},
	{"no transaction", "unknown", isolation.Serializable, `
		0 invoke read
		0 ok read 1`},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, c.expected, h)
			if said := script.Said(t, h, got); said != c.want {
				t.Errorf("%s, want %s: %s", said, c.want, got.Reason)
			}
			all.WriteString(script.Explained(c.name, got))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// store is of registers, and now and then lets a read miss the last write.
type store struct {
	random *rand.Rand
	lies   float64
	keys   int
	made   int
	had    map[string][]int
}

func (s *store) Next() history.Op {
	var ops []transaction.Op
	for range 1 + s.random.IntN(4) {
		op := transaction.Op{Kind: transaction.Kind(s.random.IntN(2)), Key: fmt.Sprint("k", s.random.IntN(s.keys))}
		if op.Kind == transaction.Write {
			s.made++
			op.Value = s.made
		}
		ops = append(ops, op)
	}
	return history.Op{F: transaction.F, Value: transaction.Value(ops, false)}
}

func (s *store) Effect(op history.Op) any {
	ops, _ := transaction.Parse(op.Value)
	own := map[string]bool{}
	for i := range ops {
		key := ops[i].Key
		had := s.had[key]
		if ops[i].Kind == transaction.Write {
			s.had[key], own[key] = append(had, ops[i].Value), true
			continue
		}
		if !own[key] && len(had) > 0 && s.random.Float64() < s.lies {
			had = had[:len(had)-1]
		}
		if len(had) > 0 {
			ops[i].Found, ops[i].Value = true, had[len(had)-1]
		}
	}
	return ops
}

func (s *store) Tell(_ history.Op, answer any) (history.Type, history.Value, string) {
	return history.OK, transaction.Value(answer.([]transaction.Op), false), ""
}

func work(random *rand.Rand, lies float64, keys, clients, operations int, trouble float64) *history.History {
	c := script.Clients{Random: random, System: &store{random: random, lies: lies, keys: keys, had: map[string][]int{}}, Trouble: trouble}
	return c.Work(clients, operations)
}

func TestAgainstAllPairs(t *testing.T) {
	var seen script.Tally
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		lies := []float64{0, 0.05, 0.3}[random.IntN(3)]
		h := work(random, lies, 1+random.IntN(3), 2+random.IntN(4), 2+random.IntN(14), 0.1)
		for _, l := range []isolation.Level{isolation.Serializable, isolation.SnapshotIsolation, isolation.ReadCommitted} {
			want := byPairs(h.Calls(), l)
			seen.Count(want.String())
			if got := check(t, l, h); got.Validity != want || lies == 0 && want == checkers.Invalid {
				t.Errorf("%v: %v, want %v: %s, of\n%s", l, got.Validity, want, got.Reason, script.String(h))
				return false
			}
		}
		return true
	})
	seen.Log(t)
}

// byPairs asks of any two transactions which versions they read first, and which
// of these they overwrote.
func byPairs(calls []history.Call, l isolation.Level) checkers.Validity {
	type facts struct{ read, overwritten map[string]string }
	var all []facts
	for _, call := range calls {
		f := facts{map[string]string{}, map[string]string{}}
		ops, _ := transaction.Parse(call.Out)
		wrote := map[string]bool{}
		for _, op := range ops {
			_, before := f.read[op.Key]
			switch {
			case op.Kind == transaction.Write && before && !wrote[op.Key]:
				f.overwritten[op.Key] = f.read[op.Key]
			case op.Kind == transaction.Read && !before && !wrote[op.Key]:
				f.read[op.Key] = fmt.Sprint(op.Found, op.Value)
			}
			wrote[op.Key] = wrote[op.Key] || op.Kind == transaction.Write
		}
		if call.Type == history.OK && len(f.overwritten) > 0 {
			all = append(all, f)
		}
	}
	meet := func(a, b map[string]string) bool {
		for key, v := range a {
			if w, there := b[key]; there && v == w {
				return true
			}
		}
		return false
	}
	for i, a := range all {
		for _, b := range all[:i] {
			lost := meet(a.overwritten, b.overwritten)
			skew := !lost && meet(a.overwritten, b.read) && meet(b.overwritten, a.read)
			if lost && isolation.LostUpdate.RulesOut(l) || skew && isolation.G2Item.RulesOut(l) {
				return checkers.Invalid
			}
		}
	}
	if len(all) < 2 {
		return checkers.Unknown
	}
	return checkers.Valid
}

// In a good history, a transaction that reads what an earlier one overwrote loses its
// update.
func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for seed := range uint64(20) {
		h := work(rand.New(rand.NewPCG(seed, 3)), 0, 5, 5, 1000, 0)
		if got := check(t, isolation.Serializable, h); got.Validity != checkers.Valid {
			t.Fatalf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
		mutate(t, h)
		if got := check(t, isolation.Serializable, h); script.Said(t, h, got) != writeskew.LostUpdate {
			t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
	}
}

// mutate lets a transaction that read a key and then wrote it read what the one
// before it that did so had read.
func mutate(t *testing.T, h *history.History) {
	before := map[string]transaction.Op{}
	for i := range h.Ops {
		ops, _ := transaction.Parse(h.Ops[i].Value)
		if h.Ops[i].Type != history.OK || len(ops) < 2 || ops[0].Key != ops[1].Key || ops[0].Kind != transaction.Read || ops[1].Kind != transaction.Write {
			continue
		}
		if earlier, known := before[ops[0].Key]; known {
			ops[0] = earlier
			h.Ops[i].Value = transaction.Value(ops, false)
			return
		}
		before[ops[0].Key] = ops[0]
	}
	t.Fatal("no transaction can be changed")
}

func BenchmarkWriteSkew(b *testing.B) {
	const operations = 100_000
	h := work(rand.New(rand.NewPCG(1, 3)), 0, 10, 5, operations, 0.02)
	for b.Loop() {
		if v := check(b, isolation.Serializable, h); v.Validity != checkers.Valid {
			b.Fatal(v.Reason)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/operations, "ns/operation")
}
