package availability_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// steady is a history of so many operations on five nodes, a millisecond each,
// with a partition of n1 in every other thousand of ops, in which n1 answers
// nothing. All else is answered.
func steady(operations int, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 5))
	h := &history.History{}
	record := func(op history.Op) {
		op.Index, op.Time = len(h.Ops), time.Duration(len(h.Ops))*500*time.Microsecond
		h.Ops = append(h.Ops, op)
	}
	var cut *history.Fault
	for i := range operations {
		if i%1000 == 500 {
			f := history.Inject
			if i%2000 == 500 {
				cut = &history.Fault{ID: i, Name: "partition", Nodes: []string{"n1"}, Sides: [][]string{{"n1"}, {"n2", "n3", "n4", "n5"}}}
			} else {
				f = history.Heal
			}
			record(history.Op{Process: history.Nemesis, F: f, Fault: cut})
			record(history.Op{Process: history.Nemesis, F: f, Fault: cut, Type: history.OK})
		}
		node := random.IntN(5)
		op := history.Op{Process: node, Node: fmt.Sprint("n", 1+node), F: []string{"read", "write"}[random.IntN(2)]}
		record(op)
		op.Type = history.OK
		if node == 0 && i%2000 >= 500 && i%2000 < 1500 {
			op.Type, op.Error = history.Fail, "no leader"
		}
		record(op)
	}
	return h
}

// demanding is what every steady history achieves.
var demanding = availability.Demands{MinSuccess: 1, MinSuccessUnderFaults: 0.5, MaxRecovery: time.Millisecond, MaxLatency: time.Millisecond}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(8) {
		if got := check(t, demanding, steady(8000, seed)); got.Validity != checkers.Valid {
			t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
	}
}

// mutations each break a good history, given a place between two faults after
// which n1 has to be back, and name what must be found.
var mutations = []struct {
	name, expect, names string
	spoil               func(h *history.History, calls []history.Call, healed int)
}{
	{"a node stays away", availability.SlowRecovery, "Node n1", func(h *history.History, calls []history.Call, healed int) {
		refuse(h, calls, "n1", healed, 4)
	}},
	{"one operation is refused at once after the healing", availability.SlowRecovery, "Node n1", func(h *history.History, calls []history.Call, healed int) {
		refuse(h, calls, "n1", healed, 1)
	}},
	{"one operation is refused later", availability.Unavailable, "The worst node was n3", func(h *history.History, calls []history.Call, healed int) {
		refuse(h, calls, "n3", healed+100, 1)
	}},
	{"nobody answers under a fault", availability.Unavailable, "during fault", func(h *history.History, calls []history.Call, healed int) {
		for _, node := range []string{"n2", "n3", "n4"} {
			refuse(h, calls, node, healed-2010, 200)
		}
	}},
	{"one in fifty answers takes a second", availability.Slow, "took 1s", func(h *history.History, calls []history.Call, healed int) {
		shift := time.Duration(0)
		for i := range h.Ops {
			op := &h.Ops[i]
			if op.Process != history.Nemesis && op.Type != history.Invoke && i%50 == 1 {
				shift += time.Second
			}
			op.Time += shift
		}
	}},
}

// refuse lets so many operations on a node fail, from a place on.
func refuse(h *history.History, calls []history.Call, node string, from, count int) {
	for _, call := range calls {
		if op := &h.Ops[call.Complete]; call.Node == node && call.Invoke > from && op.Type == history.OK && count > 0 {
			op.Type, op.Error = history.Fail, "no leader"
			count--
		}
	}
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(8) {
				h := steady(8000, seed)
				span := h.FaultSpans()[rand.New(rand.NewPCG(seed, 6)).IntN(4)]
				m.spoil(h, h.Calls(), span.Ops[3])
				got := check(t, demanding, h)
				found := false
				for _, f := range got.Findings {
					found = found || f.Anomaly == m.expect && strings.Contains(f.Text, m.names)
				}
				if got.Validity != checkers.Invalid || !found || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s %+v", seed, got.Validity, got.Reason, got.Findings)
				}
			}
		})
	}
}
