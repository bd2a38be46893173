package log_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/log"
	"github.com/assaykit/assay/harness/history"
)

// good is a history of a log that is valid by construction, which two final
// consumers read from its beginning to its end.
func good(operations, most int, trouble float64, seed uint64) *history.History {
	s := newService(rand.New(rand.NewPCG(seed, 3)), 3)
	s.events, s.trouble, s.most = 0.05, trouble, most
	s.work(5, operations)
	s.events = 0
	return s.readAll(2, 8*operations/most+100)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(5) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			h := good(1000, 4, trouble, seed)
			for _, p := range profiles {
				if got := check(t, log.New(p), h); got.Validity != checkers.Valid {
					t.Errorf("seed %d, trouble %v, %v: %v: %s", seed, trouble, p, got.Validity, got.Reason)
				}
			}
		}
	}
}

// run is a history that is to be spoilt at the final poll at, which has at least
// three records, and is not the first that its process made of its partition.
type run struct {
	h    *history.History
	at   history.Call
	part string
	// records are what the poll gave, and before is the record that came before.
	records [][2]int
	before  [2]int
}

// chosen is a run with one of the polls that can be spoilt.
func chosen(h *history.History, random *rand.Rand) run {
	type reader struct {
		process int
		part    string
	}
	last := map[reader][2]int{}
	var all []run
	for _, call := range h.Calls() {
		if !call.Final {
			continue
		}
		for part, records := range batches(call) {
			by := reader{call.Process, part}
			if before, again := last[by]; again && call.Key == part && len(records) > 2 {
				all = append(all, run{h, call, part, records, before})
			}
			last[by] = records[len(records)-1]
		}
	}
	return all[random.IntN(len(all))]
}

// give lets the poll give other records.
func (r run) give(records ...[2]int) { r.h.Ops[r.at.Complete].Value = valueOf(records) }

func valueOf(records [][2]int) history.Value {
	items := make([]history.Value, len(records))
	for i, r := range records {
		items[i] = history.Ints(r[0], r[1])
	}
	return history.List(items...)
}

// everywhere changes what all polls gave of the partition.
func (r run) everywhere(change func(records [][2]int) [][2]int) {
	for _, call := range r.h.Calls() {
		all := batches(call)
		if _, there := all[r.part]; !there {
			continue
		}
		all[r.part] = change(all[r.part])
		if call.Key != "" {
			r.h.Ops[call.Complete].Value = valueOf(all[r.part])
			continue
		}
		var parts []history.Value
		for _, name := range []string{"0", "1", "2"} {
			if n, _ := strconv.Atoi(name); len(all[name]) > 0 {
				parts = append(parts, history.List(history.Int(n), valueOf(all[name])))
			}
		}
		r.h.Ops[call.Complete].Value = history.List(parts...)
	}
}

// answer changes the completion of a send.
func (r run) answer(value int, change func(op *history.Op)) {
	for _, call := range r.h.Calls() {
		if call.F == "send" && call.In.Equal(history.Int(value)) {
			change(&r.h.Ops[call.Complete])
		}
	}
}

// then adds operations of a new process at the end.
func (r run) then(ops ...history.Op) {
	for _, op := range ops {
		op.Index, op.Process = len(r.h.Ops), 1_000_000
		op.Time = r.h.Ops[len(r.h.Ops)-1].Time + 1
		r.h.Ops = append(r.h.Ops, op)
	}
}

// mutations each break a good history, and name what must be found.
var mutations = []struct {
	name, expect string
	profile      delivery.Profile
	spoil        func(r run)
}{
	{"a record vanishes", log.Lost, delivery.AtLeastOnce, func(r run) {
		r.everywhere(func(records [][2]int) [][2]int {
			return slices.DeleteFunc(records, func(x [2]int) bool { return x == r.records[1] })
		})
	}},
	{"a value comes at another offset too", log.Duplicated, delivery.AtMostOnce, func(r run) {
		r.then(
			history.Op{F: "poll", Key: r.part},
			history.Op{F: "poll", Key: r.part, Type: history.OK, Value: valueOf([][2]int{{1_000_000, r.records[1][1]}})})
	}},
	{"an offset has another value", log.InconsistentOffsets, delivery.AtMostOnce, func(r run) {
		r.give(r.records[0], [2]int{r.records[1][0], r.before[1]}, r.records[2])
	}},
	{"a value comes out of nowhere", log.Phantom, delivery.AtLeastOnce, func(r run) {
		r.then(
			history.Op{F: "poll", Key: r.part},
			history.Op{F: "poll", Key: r.part, Type: history.OK, Value: valueOf([][2]int{{1_000_000, -1}})})
	}},
	{"a send was refused all the same", log.AbortedRead, delivery.AtMostOnce, func(r run) {
		r.answer(r.records[1][1], func(op *history.Op) { op.Type, op.Error = history.Fail, "refused" })
	}},
	{"a producer's records change places", log.Reordered, delivery.AtLeastOnce, func(r run) {
		// One producer sent both, in the other order.
		first, second := r.records[0], r.records[1]
		var sends []history.Op
		for _, x := range [][2]int{second, first} {
			sends = append(sends,
				history.Op{F: "send", Key: r.part, Value: history.Int(x[1]), Process: 1_000_000},
				history.Op{F: "send", Key: r.part, Value: history.Ints(x[0], x[1]), Process: 1_000_000, Type: history.OK})
		}
		rest := slices.DeleteFunc(r.h.Ops, func(op history.Op) bool {
			return slices.ContainsFunc(sends, func(s history.Op) bool { return s.F == op.F && s.Value.Equal(op.Value) })
		})
		r.h.Ops = append(sends, rest...)
	}},
	{"a record is missing in one poll", log.InternalPollSkip, delivery.AtLeastOnce, func(r run) {
		r.give(slices.Delete(slices.Clone(r.records), 1, 2)...)
	}},
	{"a record is missing between two polls", log.PollSkip, delivery.ExactlyOnce, func(r run) {
		r.give(r.records[1:]...)
	}},
	{"records change places in one poll", log.InternalNonmonotonicPoll, delivery.AtMostOnce, func(r run) {
		r.give(slices.Insert(slices.Clone(r.records[1:]), 1, r.records[0])...)
	}},
	{"a record comes again in the next poll", log.NonmonotonicPoll, delivery.ExactlyOnce, func(r run) {
		r.give(slices.Insert(slices.Clone(r.records), 0, r.before)...)
	}},
	{"a record comes again after a commit", log.RedeliveredAfterCommit, delivery.ExactlyOnce, func(r run) {
		commit := history.Int(r.records[1][0] + 1)
		r.then(
			history.Op{F: "commit", Key: r.part, Value: commit},
			history.Op{F: "commit", Key: r.part, Value: commit, Type: history.OK},
			history.Op{F: "subscribe"},
			history.Op{F: "subscribe", Type: history.OK},
			history.Op{F: "poll", Key: r.part},
			history.Op{F: "poll", Key: r.part, Type: history.OK, Value: valueOf([][2]int{r.records[1]})})
	}},
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(10) {
				h := good(500, 4, 0, seed)
				m.spoil(chosen(h, rand.New(rand.NewPCG(seed, 4))))
				got := check(t, log.New(m.profile), h)
				found := slices.ContainsFunc(got.Findings, func(f checkers.Finding) bool { return f.Anomaly == m.expect })
				if got.Validity != checkers.Invalid || !found || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s %+v", seed, got.Validity, got.Reason, got.Findings)
				}
			}
		})
	}
}
