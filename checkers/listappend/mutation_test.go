package listappend

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

func good(seed uint64, transactions int, snapshots bool, trouble float64) *history.History {
	d := &database{random: rand.New(rand.NewPCG(seed, 5)), snapshots: snapshots, perList: 16, trouble: trouble}
	return d.run(transactions, 10)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(4) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			if v := check(t, Options{}, good(seed, 3000, false, trouble)); v.Validity != checkers.Valid {
				t.Errorf("seed %d, trouble %v: %v: %s", seed, trouble, v.Validity, v.Reason)
			}
			h := good(seed, 3000, true, trouble)
			if v := check(t, Options{Expected: isolation.StrongSnapshotIsolation}, h); v.Validity != checkers.Valid {
				t.Errorf("snapshots, seed %d, trouble %v: %v: %s", seed, trouble, v.Validity, v.Reason)
			}
			if trouble > 0 {
				continue // many transactions are aborted, and few skew
			}
			if v := check(t, Options{Expected: isolation.Serializable}, h); v.Validity != checkers.Invalid || anomaliesOf(v.Findings) != "G2-item" {
				t.Errorf("snapshots, seed %d, trouble %v: %v: %s", seed, trouble, v.Validity, v.Reason)
			}
		}
	}
}

// plant puts a small history into a big one that shares no list and no process with
// it, spread out at random, in its order.
func plant(random *rand.Rand, into, small *history.History) *history.History {
	h := &history.History{}
	left := small.Ops
	for i, op := range into.Ops {
		for len(left) > 0 && random.IntN((len(into.Ops)-i)/len(left)+1) == 0 {
			planted := left[0]
			planted.Process += 1_000_000
			h.Ops, left = append(h.Ops, planted), left[1:]
		}
		h.Ops = append(h.Ops, op)
	}
	for _, planted := range left {
		planted.Process += 1_000_000
		h.Ops = append(h.Ops, planted)
	}
	for i := range h.Ops {
		h.Ops[i].Index = i
	}
	return h
}

// What is wrong with a small history is found in a big one that is as it should be,
// and nothing else.
func TestPlantedAnomaliesAreFoundAndNamed(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for _, c := range known {
		for range 2 {
			h := plant(random, good(random.Uint64(), 1000, false, 0.02), script.Parse(t, c.text))
			tr, err := parse(h)
			if err != nil {
				t.Fatal(err)
			}
			outcome := checker{}.judge(t.Context(), tr)
			if got := anomaliesOf(outcome.Findings); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	}
}

// mutations each break a good history in one read of some elements, and name what must be
// found.
var mutations = []struct {
	name, expect string
	spoil        func(list []int) []int
}{
	{"an element is missing from the middle", "incompatible-order", func(l []int) []int { return append(l[:len(l)-2], l[len(l)-1]) }},
	{"two elements change places", "incompatible-order", func(l []int) []int {
		l[len(l)-1], l[len(l)-2] = l[len(l)-2], l[len(l)-1]
		return l
	}},
	{"an element is there twice", "duplicate-elements", func(l []int) []int { return append(l, l[len(l)-1]) }},
	{"an element comes out of nowhere", "thin-air-read", func(l []int) []int { return append(l, -7) }},
	{"everything is lost", "G-single", func([]int) []int { return nil }},
}

func TestEveryMutationIsFound(t *testing.T) {
	for _, m := range mutations {
		for seed := range uint64(20) {
			random := rand.New(rand.NewPCG(seed, 9))
			h := good(seed, 1000, false, 0.02)
			at, ops := spoilable(random, h)
			ops[0].List = m.spoil(ops[0].List)
			ops[0].Found = len(ops[0].List) > 0
			h.Ops[at].Value = transaction.Value(ops, true)
			if v := check(t, Options{}, h); v.Validity != checkers.Invalid || !strings.Contains(anomaliesOf(v.Findings), m.expect) {
				t.Errorf("%s, seed %d: %v: %s", m.name, seed, v.Validity, v.Reason)
			}
		}
	}
}

// spoilable finds the completion of a transaction in the middle of the history whose
// first operation reads some elements.
func spoilable(random *rand.Rand, h *history.History) (at int, ops []transaction.Op) {
	for {
		at = len(h.Ops)/3 + random.IntN(len(h.Ops)/3)
		ops, err := transaction.Parse(h.Ops[at].Value)
		if err == nil && h.Ops[at].Type == history.OK && ops[0].Kind == transaction.Read && len(ops[0].List) > 6 {
			return at, ops
		}
	}
}

// A stale read at the end of a history joins everything in between into one component
// of its session, or of real time. The smallest cycle is found nevertheless, and soon.
func TestAStaleReadOfLongAgo(t *testing.T) {
	for reader, want := range map[int]string{1_000_000: "non-causal-read G-single-session", 1_000_001: "G-single-realtime"} {
		h := longAgo(20_000, reader)
		begin := time.Now()
		v := check(t, Options{}, h)
		t.Log(want, time.Since(begin))
		if got := anomaliesOf(v.Findings); got != want || len(v.Findings[0].Cycle) != 2 {
			t.Errorf("%s, want %s: %s", got, want, v.Reason)
		}
		if v := check(t, Options{Expected: isolation.Serializable}, h); v.Validity != checkers.Valid {
			t.Errorf("%s: %v: %s", want, v.Validity, v.Reason)
		}
	}
}

// longAgo is a good history before which an element was appended that a process does
// not find after it.
func longAgo(transactions, reader int) *history.History {
	value := func(op transaction.Op) history.Value { return transaction.Value([]transaction.Op{op}, true) }
	written, empty := value(transaction.Op{Kind: transaction.Append, Key: "old", Value: 1}), value(transaction.Op{Key: "old"})
	h := &history.History{}
	add := func(op history.Op) {
		op.F, op.Index, op.Time = transaction.F, len(h.Ops), time.Duration(len(h.Ops))*time.Microsecond
		h.Ops = append(h.Ops, op)
	}
	add(history.Op{Process: 1_000_000, Value: written})
	add(history.Op{Process: 1_000_000, Type: history.OK, Value: written})
	for _, op := range good(1, transactions, false, 0.01).Ops {
		add(op)
	}
	add(history.Op{Process: reader, Value: empty})
	add(history.Op{Process: reader, Type: history.OK, Value: empty})
	return h
}
