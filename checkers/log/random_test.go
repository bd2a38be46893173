package log_test

import (
	"encoding/json"
	"math"
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

var profiles = []delivery.Profile{delivery.ExactlyOnce, delivery.AtLeastOnce, delivery.AtMostOnce}

// oracle decides from New's promise, each rule straight from the calls, by looking
// at all pairs and triples of them.
type oracle struct {
	profile   delivery.Profile
	unordered bool
	calls     []history.Call
	facts     []fact
}

// fact is that a call showed a value at an offset.
type fact struct {
	call          int
	part          string
	offset, value int
	polled        bool
}

// batches are the records that a poll gave, by partition.
func batches(call history.Call) map[string][][2]int {
	all := map[string][][2]int{}
	if call.F != "poll" || call.Type != history.OK {
		return all
	}
	items, _ := call.Out.Items()
	for _, item := range items {
		name, records := call.Key, []history.Value{item}
		if call.Key == "" {
			both, _ := item.Items()
			n, _ := both[0].Int()
			name = strconv.Itoa(n)
			records, _ = both[1].Items()
		}
		for _, r := range records {
			pair, _ := r.Items()
			offset, _ := pair[0].Int()
			n, _ := pair[1].Int()
			all[name] = append(all[name], [2]int{offset, n})
		}
	}
	return all
}

func newOracle(calls []history.Call, p delivery.Profile, unordered bool) *oracle {
	o := &oracle{profile: p, unordered: unordered, calls: calls}
	for i, call := range calls {
		switch {
		case call.Type != history.OK:
		case call.F == "send" && call.Out.Kind() == history.KindList:
			pair, _ := call.Out.Items()
			offset, _ := pair[0].Int()
			n, _ := pair[1].Int()
			o.facts = append(o.facts, fact{i, call.Key, offset, n, false})
		case call.F == "poll":
			for name, records := range batches(call) {
				for _, r := range records {
					o.facts = append(o.facts, fact{i, name, r[0], r[1], true})
				}
			}
		}
	}
	return o
}

func (o *oracle) verdict() checkers.Validity {
	polled := slices.ContainsFunc(o.facts, func(f fact) bool { return f.polled })
	acked := slices.ContainsFunc(o.calls, func(c history.Call) bool { return c.F == "send" && c.Type == history.OK })
	lost, open := o.missing()
	switch {
	case o.wrong() || o.profile.ForbidsLoss() && (lost || o.skips()) || o.profile.ForbidsDuplicates() && (o.twice() || o.back() || o.again()):
		return checkers.Invalid
	case !polled && (!acked || !o.profile.ForbidsLoss()), open && o.profile.ForbidsLoss():
		return checkers.Unknown
	}
	return checkers.Valid
}

// wrong says that something happened which no profile allows.
func (o *oracle) wrong() bool {
	for _, f := range o.facts {
		for _, g := range o.facts {
			if f.part == g.part && f.offset == g.offset && f.value != g.value {
				return true
			}
		}
		if f.polled && !slices.ContainsFunc(o.sends(f.part, f.value), func(s int) bool { return o.calls[s].Invoke < o.calls[f.call].Complete }) {
			return true
		}
	}
	for _, s := range o.steps() {
		if s.within && s.to <= s.from {
			return true
		}
	}
	return !o.unordered && o.reordered()
}

// sends are those of a value that may have happened.
func (o *oracle) sends(part string, n int) []int {
	var all []int
	for i, call := range o.calls {
		if call.F == "send" && call.Key == part && call.Type != history.Fail && call.In.Equal(history.Int(n)) {
			all = append(all, i)
		}
	}
	return all
}

// offsets are those at which a value is known, in order.
func (o *oracle) offsets(part string, n int) []int {
	var all []int
	for _, f := range o.facts {
		if f.part == part && f.value == n {
			all = append(all, f.offset)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (o *oracle) reordered() bool {
	for _, a := range o.calls {
		for _, b := range o.calls {
			if a.F != "send" || b.F != "send" || a.Key != b.Key || a.Process != b.Process || a.Type != history.OK || b.Type == history.Fail || a.Complete > b.Invoke {
				continue
			}
			na, _ := a.In.Int()
			nb, _ := b.In.Int()
			ofA, ofB := o.offsets(a.Key, na), o.offsets(a.Key, nb)
			if len(o.sends(a.Key, na)) != 1 || len(o.sends(a.Key, nb)) != 1 || len(ofA) == 0 || len(ofB) == 0 || ofB[0] > ofA[0] {
				continue
			}
			if o.profile.ForbidsDuplicates() || o.finally(a.Key) >= ofB[0] {
				return true
			}
		}
	}
	return false
}

// finally is the highest offset in final polls.
func (o *oracle) finally(part string) int {
	high := -1
	for _, f := range o.facts {
		if f.part == part && f.polled && o.calls[f.call].Final && o.subscribed(f.call) < 0 {
			high = max(high, f.offset)
		}
	}
	return high
}

// step leads a consumer from an offset to another one; nothing that is between
// was given to it.
type step struct {
	part     string
	from, to int
	// within one poll, or after one that was sought.
	within, sought bool
}

func (o *oracle) steps() []step {
	var all []step
	for i, call := range o.calls {
		for name, records := range batches(call) {
			for n := 1; n < len(records); n++ {
				all = append(all, step{name, records[n-1][0], records[n][0], true, false})
			}
			if from, known, sought := o.place(i, name); known && o.subscribed(i) < 0 {
				all = append(all, step{name, from, records[0][0], false, sought})
			}
		}
	}
	return all
}

// place is the last offset that the process of a call was given before, or the one
// below that which it sought.
func (o *oracle) place(before int, part string) (offset int, known, sought bool) {
	for i := before - 1; i >= 0; i-- {
		call := o.calls[i]
		if call.Process != o.calls[before].Process || call.Type != history.OK {
			continue
		}
		switch call.F {
		case "assign", "subscribe":
			return 0, false, false
		case "seek":
			if call.Key == part {
				offset, known = call.In.Int()
				return offset - 1, known, true
			}
		case "poll":
			if records := batches(call)[part]; len(records) > 0 {
				return records[len(records)-1][0], true, false
			}
		}
	}
	return 0, false, false
}

// subscribed is the call by which the process of a call was a subscriber then, or
// -1.
func (o *oracle) subscribed(before int) int {
	for i := before - 1; i >= 0; i-- {
		if call := o.calls[i]; call.Process == o.calls[before].Process && call.Type == history.OK {
			switch call.F {
			case "assign":
				return -1
			case "subscribe":
				return i
			}
		}
	}
	return -1
}

func (o *oracle) skips() bool {
	for _, s := range o.steps() {
		for _, f := range o.facts {
			if f.part == s.part && f.polled && s.from < f.offset && f.offset < s.to {
				return true
			}
		}
	}
	return false
}

func (o *oracle) back() bool {
	return slices.ContainsFunc(o.steps(), func(s step) bool { return s.to <= s.from && !s.sought })
}

func (o *oracle) twice() bool {
	for _, f := range o.facts {
		if n := len(o.sends(f.part, f.value)); n > 0 && len(o.offsets(f.part, f.value)) > n {
			return true
		}
	}
	return false
}

// missing says whether an acknowledged record is lost, and whether it is not known
// of one.
func (o *oracle) missing() (lost, open bool) {
	for i, call := range o.calls {
		if call.F != "send" || call.Type != history.OK {
			continue
		}
		offset, placed := 0, false
		for _, f := range o.facts {
			if f.call == i {
				offset, placed = f.offset, true
			}
		}
		n, _ := call.In.Int()
		if slices.ContainsFunc(o.facts, func(f fact) bool {
			return f.polled && f.part == call.Key && (placed && f.offset == offset || f.value == n)
		}) {
			continue
		}
		passed := placed && (o.finally(call.Key) > offset || slices.ContainsFunc(o.steps(), func(s step) bool {
			return s.part == call.Key && s.from < offset && offset < s.to
		}))
		if passed || o.ended(call.Key) > call.Complete {
			lost = true
		} else {
			open = true
		}
	}
	return lost, open
}

// ended is when the last final poll was invoked that was at the end of the
// partition.
func (o *oracle) ended(part string) int {
	last := -1
	for i, call := range o.calls {
		if call.F != "poll" || !call.Final || call.Type != history.OK || len(batches(call)) > 0 || o.subscribed(i) >= 0 {
			continue
		}
		if _, reads, _ := o.place(i, part); call.Key == part || call.Key == "" && (reads || o.assigned(i, part)) {
			last = call.Invoke
		}
	}
	return last
}

// assigned says that the process of a call was assigned that partition then.
func (o *oracle) assigned(before int, part string) bool {
	for i := before - 1; i >= 0; i-- {
		if call := o.calls[i]; call.Process == o.calls[before].Process && call.Type == history.OK && (call.F == "assign" || call.F == "subscribe") {
			names, _ := call.In.Items()
			return slices.ContainsFunc(names, history.String(part).Equal)
		}
	}
	return false
}

// again says that a subscriber was given what its group had committed.
func (o *oracle) again() bool {
	for _, f := range o.facts {
		if s := o.subscribed(f.call); f.polled && s >= 0 && !o.sought(s, f.call, f.part) && f.offset < o.lowestCommitted(f.part, o.calls[s].Invoke, o.calls[f.call].Complete) {
			return true
		}
	}
	return false
}

// sought says that a process chose its place in a partition between two calls.
func (o *oracle) sought(from, to int, part string) bool {
	return slices.ContainsFunc(o.calls[from:to], func(c history.Call) bool {
		return c.F == "seek" && c.Type == history.OK && c.Key == part && c.Process == o.calls[from].Process
	})
}

// lowestCommitted is the lowest that the group's offset can have been between two
// times.
func (o *oracle) lowestCommitted(part string, from, to int) int {
	lowest, any := math.MaxInt, false
	for i, c := range o.calls {
		offset, commits := o.committed(i, part)
		if !commits || c.Invoke > to {
			continue
		}
		replaced := false
		for j, d := range o.calls {
			_, also := o.committed(j, part)
			replaced = replaced || also && c.Type == history.OK && d.Type == history.OK && c.Complete < d.Invoke && d.Complete < from
		}
		any = any || c.Type == history.OK && c.Complete < from
		if !replaced {
			lowest = min(lowest, offset)
		}
	}
	if !any {
		return -1
	}
	return lowest
}

// committed is the offset below which a call commits a partition.
func (o *oracle) committed(i int, part string) (offset int, commits bool) {
	call := o.calls[i]
	if call.F != "commit" || call.Type == history.Fail {
		return 0, false
	}
	if offset, is := call.In.Int(); is {
		return offset, call.Key == part
	}
	last, known, sought := o.place(i, part)
	return last + 1, known && !sought // a seek brings nothing to commit
}

// smallHistory is one of up to a dozen operations, mostly with final polls.
func smallHistory(random *rand.Rand) *history.History {
	s := newService(random, 1+random.IntN(2))
	s.lies = []float64{0, 0.05, 0.2}[random.IntN(3)]
	s.forgets = s.lies
	s.trouble = []float64{0, 0.1, 0.3}[random.IntN(3)]
	s.events = []float64{0, 0.3, 0.7}[random.IntN(3)]
	s.silent = random.IntN(4) == 0
	if random.IntN(4) == 0 {
		return groupHistory(s)
	}
	h := s.work(1+random.IntN(4), 3+random.IntN(7))
	if random.IntN(4) > 0 {
		h = s.readAll(1+random.IntN(2), 1+random.IntN(4))
	}
	return h
}

// groupHistory is one of few sends and of much coming and going in the group.
func groupHistory(s *service) *history.History {
	events := s.events
	s.events = 0
	s.work(1, 2+s.random.IntN(3))
	s.events, s.grouped, s.forgets = max(events, 0.5), true, 0.3
	return s.work(1+s.random.IntN(3), 4+s.random.IntN(6))
}

func TestRandomHistoriesAreJudgedLikeByLookingAtAllPairs(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		p, unordered := profiles[random.IntN(3)], random.IntN(4) == 0
		var options []log.Option
		if unordered {
			options = append(options, log.Unordered())
		}
		got, err := log.New(p, options...).Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		want := newOracle(h.Calls(), p, unordered).verdict()
		tally.Count(p.String() + " " + want.String())
		if got.Validity != want {
			t.Errorf("%v, unordered %v: %v (%s), want %v:\n%s", p, unordered, got.Validity, got.Reason, want, script.String(h))
			return false
		}
		for _, f := range got.Findings {
			tally.Count(f.Anomaly)
			if len(f.Context) > 4 || !confirmed(h, f, p) {
				t.Errorf("%v by itself does not show %s: %s\n%s", f.Culprits, f.Anomaly, f.Text, script.String(h))
				return false
			}
		}
		return want != checkers.Invalid || script.PointsAtCalls(t, h, got)
	})
	tally.Log(t)
}

// confirmed says that the operations of a finding contradict each other: nothing is
// known of what other sends were answered and what other polls gave. Where duplicates
// are allowed final polls are needed to show that an order was broken.
func confirmed(h *history.History, f checkers.Finding, p delivery.Profile) bool {
	calls := h.Calls()
	for i := range calls {
		call := &calls[i]
		final := f.Anomaly == log.Reordered && !p.ForbidsDuplicates() && call.Final
		if call.Type == history.OK && (call.F == "send" || call.F == "poll") && !slices.Contains(f.Culprits, call.Invoke) && !final {
			call.Type = history.Info
		}
	}
	return newOracle(calls, p, false).verdict() == checkers.Invalid
}

// A correct service is never accused, whatever became of the operations of unknown
// outcome and however its consumers moved.
func TestACorrectLogIsNeverAccused(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 1_000, 4, func(t *testing.T, random *rand.Rand) bool {
		s := newService(random, 1+random.IntN(3))
		s.trouble, s.events, s.silent = 0.3*random.Float64(), 0.8*random.Float64(), random.IntN(3) == 0
		h := s.work(1+random.IntN(5), 5+random.IntN(100))
		if random.IntN(2) == 0 {
			h = s.readAll(2, 40)
		}
		for _, p := range profiles {
			got := check(t, log.New(p), h)
			tally.Count(got.Validity.String())
			if got.Validity == checkers.Invalid {
				t.Errorf("%v: %s %+v:\n%s", p, got.Reason, got.Findings, script.String(h))
				return false
			}
		}
		return true
	})
	tally.Log(t)
}

// Whatever stands in a history, it is judged or it is said why not.
func TestHostileValuesAreNoReasonToPanic(t *testing.T) {
	text := func(s string) (v history.Value) {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	values := []history.Value{{}, history.Bool(true), history.Int(math.MinInt), history.Int(math.MaxInt), history.Int(-1), history.Int(1),
		history.String("1"), history.List(), history.Ints(1, 2), text("1.5"), text(`{"a":[1]}`), text("[[1,2]]"), text("[[9223372036854775807,1]]"),
		text("[[-9223372036854775808,1],[0,2]]"), text(`[["a",[[1,2]]]]`), text("[null,[]]"), text("[[[[]]]]")}
	script.Try(t, 5_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		for range 1 + random.IntN(4) {
			if op := &h.Ops[random.IntN(len(h.Ops))]; random.IntN(3) > 0 {
				op.Value = values[random.IntN(len(values))]
			} else {
				op.Type = history.Type(random.IntN(4))
			}
		}
		got, err := log.New(profiles[random.IntN(3)]).Check(t.Context(), h)
		return err == nil && got.Reason != "" && (got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got))
	})
}
