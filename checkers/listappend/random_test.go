package listappend

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// small makes a history of a few transactions. They commit in some order, have a
// snapshot of what some others committed, mostly of all before them, and now and then
// a read finds another state than the snapshot's.
type small struct {
	r       *rand.Rand
	txns    [][]transaction.Op
	outcome []history.Type
	view    []int // how many of the order each sees
	lists   [][]int
	ends    [][]int // how long each list was after so many had committed
}

func smallHistory(r *rand.Rand) *history.History {
	s := &small{r: r}
	n, keys := 2+r.IntN(5), 1+r.IntN(3)
	stale, wrong := []float64{0, 0.3, 0.7}[r.IntN(3)], []float64{0, 0.05, 0.3}[r.IntN(3)]
	s.lists, s.ends = make([][]int, keys), make([][]int, keys)
	element := 0
	for i := range n {
		var ops []transaction.Op
		for range 1 + r.IntN(3) {
			op := transaction.Op{Key: string(rune('x' + r.IntN(keys)))}
			if r.IntN(2) == 0 {
				element++
				op.Kind, op.Value = transaction.Append, element
			}
			ops = append(ops, op)
		}
		view := i
		if r.Float64() < stale {
			view = r.IntN(i + 1)
		}
		outcome := []history.Type{history.OK, history.OK, history.OK, history.OK, history.OK, history.OK, history.Info, history.Info, history.Fail}[r.IntN(9)]
		s.txns, s.view, s.outcome = append(s.txns, ops), append(s.view, view), append(s.outcome, outcome)
	}
	s.commit(r.IntN(10) == 0)
	for i := range s.txns {
		s.answer(i, wrong)
	}
	return s.record()
}

// commit appends to the lists, one transaction after another, or, if they mix, in
// any order.
func (s *small) commit(mix bool) {
	for k := range s.lists {
		s.ends[k] = append(s.ends[k], 0)
	}
	for i, ops := range s.txns {
		effective := s.outcome[i] == history.OK || s.outcome[i] == history.Info && s.r.IntN(2) == 0 || s.r.IntN(30) == 0
		for _, op := range ops {
			if k := op.Key[0] - 'x'; op.Kind == transaction.Append && effective {
				at := len(s.lists[k])
				if mix {
					at = s.r.IntN(at + 1)
				}
				s.lists[k] = slices.Insert(s.lists[k], at, op.Value)
			}
		}
		for k := range s.lists {
			s.ends[k] = append(s.ends[k], len(s.lists[k]))
		}
	}
}

// answer fills in what a transaction's reads found.
func (s *small) answer(i int, wrong float64) {
	for at := range s.txns[i] {
		op := &s.txns[i][at]
		if op.Kind == transaction.Append {
			continue
		}
		k := op.Key[0] - 'x'
		end := s.ends[k][s.view[i]]
		for _, own := range s.txns[i][:at] {
			if own.Kind == transaction.Append && own.Key == op.Key {
				end = max(end, slices.Index(s.lists[k], own.Value)+1)
			}
		}
		if s.r.Float64() < wrong {
			end = s.r.IntN(len(s.lists[k]) + 1)
		}
		op.Found, op.List = end > 0, slices.Clone(s.lists[k][:end])
		if s.r.Float64() < wrong/20 {
			s.r.Shuffle(len(op.List), func(a, b int) { op.List[a], op.List[b] = op.List[b], op.List[a] })
		}
	}
}

// record lays the transactions out in time, roughly in their order, over a few
// processes.
func (s *small) record() *history.History {
	type event struct {
		at     float64
		txn    int
		invoke bool
	}
	noise := []float64{0.3, 1, 3, 10}[s.r.IntN(4)]
	var events []event
	for i := range s.txns {
		begin := float64(i) + noise*s.r.Float64()
		events = append(events, event{begin, i, true}, event{begin + 0.1 + noise*s.r.Float64(), i, false})
	}
	slices.SortFunc(events, func(a, b event) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	h := &history.History{}
	var free []int
	process, last := make([]int, len(s.txns)), 0
	for _, e := range events {
		op := history.Op{Index: len(h.Ops), F: transaction.F}
		if e.invoke {
			if at := s.r.IntN(len(free) + 1); at < len(free) {
				process[e.txn] = free[at]
				free = slices.Delete(free, at, at+1)
			} else {
				process[e.txn] = last
				last++
			}
			op.Value = transaction.Value(unanswered(s.txns[e.txn]), true)
		} else {
			op.Type, op.Value = s.outcome[e.txn], transaction.Value(unanswered(s.txns[e.txn]), true)
			if op.Type == history.OK || op.Type == history.Info && s.r.IntN(4) == 0 {
				op.Value = transaction.Value(s.txns[e.txn], true)
			}
			if op.Type != history.Info {
				free = append(free, process[e.txn])
			}
		}
		op.Process = process[e.txn]
		h.Ops = append(h.Ops, op)
	}
	return h
}

func unanswered(ops []transaction.Op) []transaction.Op {
	asked := slices.Clone(ops)
	for i := range asked {
		asked[i].Found, asked[i].List = false, nil
	}
	return asked
}

func TestRandomHistoriesAreJudgedLikeByTryingEverything(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 3_000, 1, func(t *testing.T, r *rand.Rand) bool {
		h := smallHistory(r)
		tr, err := parse(h)
		if err != nil {
			t.Error(err)
			return false
		}
		outcome := checker{}.judge(t.Context(), tr)
		want := judgeByTrying(h)
		for _, level := range decided {
			outcome.Expected = level
			got := isolation.Conclude(outcome)
			kept := want[level]
			switch {
			case got.Validity == checkers.Unknown && tr.known == 0 && kept:
			case got.Validity == checkers.Unknown && len(outcome.Undecided) > 0:
				tally.Count("undecided")
			case got.Validity == checkers.Valid != kept:
				t.Errorf("%v: %v (%s), want kept %v:\n%s", level, got.Validity, got.Reason, kept, script.String(h))
				return false
			case !kept && !script.PointsAtCalls(t, h, got):
				return false
			}
			if !kept {
				tally.Count(level.String())
			}
		}
		for _, a := range isolation.Anomalies() {
			for _, f := range outcome.Findings {
				if f.Anomaly == string(a) {
					tally.Count(f.Anomaly)
					break
				}
			}
		}
		return true
	})
	tally.Log(t)
}
