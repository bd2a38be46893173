package rwregister

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// good is a history that is strict serializable by construction.
func good(seed uint64, transactions int) *history.History {
	d := &database{random: rand.New(rand.NewPCG(seed, 5)), transactions: transactions, clients: 10, keys: 12, ops: 3, reads: 0.5, lost: 0.01}
	return d.run()
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(3) {
		if v := check(t, isolation.StrictSerializable, good(seed, 2000)); v.Validity != checkers.Valid {
			t.Errorf("seed %d: %v: %s", seed, v.Validity, v.Reason)
		}
		d := &database{random: rand.New(rand.NewPCG(seed, 5)), transactions: 600, clients: 10, keys: 12, ops: 3, reads: 0.5, lost: 0.01, snapshots: true}
		h := d.run()
		if v := check(t, isolation.StrongSnapshotIsolation, h); v.Validity != checkers.Valid {
			t.Errorf("snapshots, seed %d: %v: %s", seed, v.Validity, v.Reason)
		}
		if v := check(t, isolation.Serializable, h); v.Validity != checkers.Invalid || v.Findings[0].Anomaly != string(isolation.G2Item) {
			t.Errorf("snapshots, seed %d: %v: %s", seed, v.Validity, v.Reason)
		}
	}
}

func TestASpentBudgetIsUnknown(t *testing.T) {
	d := &database{random: rand.New(rand.NewPCG(1, 5)), transactions: 600, clients: 10, keys: 3, ops: 3, reads: 0.5}
	h := d.run()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	v, err := New(Options{Expected: isolation.StrictSerializable}).Check(ctx, h)
	if err != nil || v.Validity != checkers.Unknown || !strings.Contains(v.Reason, "time ran out") {
		t.Errorf("%v, %v: %s", err, v.Validity, v.Reason)
	}
}

// planted is a big history with a small one among it, on keys of its own.
func planted(random *rand.Rand, big, small *history.History) *history.History {
	h := &history.History{}
	left := len(small.Ops)
	for i, op := range big.Ops {
		for left > 0 && random.IntN(len(big.Ops)-i) < left {
			h.Ops = append(h.Ops, moved(small.Ops[len(small.Ops)-left]))
			left--
		}
		h.Ops = append(h.Ops, op)
	}
	for i := range h.Ops {
		h.Ops[i].Index, h.Ops[i].Time = i, time.Duration(i)*time.Millisecond
	}
	return h
}

const apart = 1_000_000

func moved(op history.Op) history.Op {
	ops, err := transaction.Parse(op.Value)
	if err != nil {
		panic(err)
	}
	for i := range ops {
		ops[i].Key = "planted " + ops[i].Key
		if ops[i].Kind == transaction.Write || ops[i].Found {
			ops[i].Value += apart
		}
	}
	op.Process, op.Value = op.Process+apart, transaction.Value(ops, false)
	return op
}

func TestWhatIsPlantedIsFoundAndNothingElse(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for n, c := range catalogue {
		small := read(t, c.text)
		h := planted(random, good(uint64(n), 400), small)
		alone, among := check(t, isolation.StrictSerializable, small), check(t, isolation.StrictSerializable, h)
		if among.Validity != alone.Validity || !slices.Equal(anomalies(among), anomalies(alone)) {
			t.Errorf("%s: %v, alone %v: %s", c.name, anomalies(among), anomalies(alone), among.Reason)
		}
		if among.Validity == checkers.Invalid {
			script.PointsAtCalls(t, h, among)
		}
		for _, f := range among.Findings {
			for _, at := range f.Context {
				if h.Ops[at].Process < apart {
					t.Errorf("%s: %s tells of operation %d, which is not to blame: %s", c.name, f.Anomaly, at, f.Text)
				}
			}
		}
	}
}

func anomalies(v checkers.Verdict) (names []string) {
	for _, f := range v.Findings {
		names = append(names, f.Anomaly)
	}
	return names
}

// mutations each break the answer of a read, if it suits them, and say which anomalies
// that may be.
var mutations = []struct {
	name   string
	expect []string
	answer func(read *transaction.Op, before []int) bool
}{
	{"a value that nobody wrote", []string{"thin-air-read"}, func(read *transaction.Op, _ []int) bool {
		read.Value = apart
		return read.Found
	}},
	{"a version from long ago", []string{"G-single-realtime", "G-single", "non-causal-read", "fractured-read", "observed-transaction-vanishes", "lost-update", "internal", "G2-item", "G1b", "G2-item-realtime"}, func(read *transaction.Op, before []int) bool {
		if !read.Found || len(before) < 20 {
			return false
		}
		read.Value = before[len(before)-20]
		return true
	}},
	{"nothing, long after the first write", []string{"G-single-realtime", "G-single", "non-causal-read", "fractured-read", "observed-transaction-vanishes", "lost-update", "internal", "G2-item", "missing-own-write", "G2-item-realtime"}, func(read *transaction.Op, before []int) bool {
		was := read.Found
		read.Value, read.Found = 0, false
		return was && len(before) > 20
	}},
}

func TestWhateverIsBrokenIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 11))
	for _, m := range mutations {
		for seed := range uint64(4) {
			h := good(seed, 400)
			what := mutate(t, random, h, m.answer)
			v := check(t, isolation.StrictSerializable, h)
			if v.Validity != checkers.Invalid || !slices.Contains(m.expect, v.Findings[0].Anomaly) {
				t.Errorf("%s (%s, seed %d): %v %v: %s", m.name, what, seed, v.Validity, anomalies(v), v.Reason)
			}
		}
	}
}

// mutate breaks one read that was answered.
func mutate(t *testing.T, random *rand.Rand, h *history.History, answer func(*transaction.Op, []int) bool) string {
	t.Helper()
	for {
		at := random.IntN(len(h.Ops))
		ops, _ := transaction.Parse(h.Ops[at].Value)
		n := random.IntN(len(ops))
		if h.Ops[at].Type != history.OK || ops[n].Kind != transaction.Read {
			continue
		}
		var before []int // what was acknowledged to have been written there last, by time
		for _, op := range h.Ops[:at] {
			others, _ := transaction.Parse(op.Value)
			for _, other := range others {
				if op.Type == history.OK && other.Kind == transaction.Write && other.Key == ops[n].Key {
					before = append(before, other.Value)
				}
			}
		}
		if answer(&ops[n], before) {
			h.Ops[at].Value = transaction.Value(ops, false)
			return fmt.Sprintf("micro-operation %d of operation %d", n, at)
		}
	}
}
