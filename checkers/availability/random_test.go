package availability_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// stage makes random histories of clients and a nemesis.
type stage struct {
	random *rand.Rand
	// up is the share of answers.
	up float64
	h  history.History
	// busy are the clients' open operations by process, and free the processes by
	// client.
	open    map[int]history.Op
	clients []int
	next    int
	faults  []history.Op
	// ids is how many faults there were, of so many.
	ids, most int
	now       time.Duration
}

func (s *stage) record(op history.Op) history.Op {
	s.now += time.Duration(s.random.IntN(20)) * time.Millisecond
	op.Index, op.Time = len(s.h.Ops), s.now
	s.h.Ops = append(s.h.Ops, op)
	return op
}

// client lets a client of node i%3 take its next step.
func (s *stage) client(i int) {
	process := s.clients[i]
	op, busy := s.open[process]
	if !busy {
		f := []string{"read", "write"}[s.random.IntN(2)]
		s.open[process] = s.record(history.Op{Process: process, F: f, Node: fmt.Sprint("n", i%3)})
		return
	}
	delete(s.open, process)
	switch {
	case s.random.Float64() < s.up:
		op.Type = history.OK
		if s.random.IntN(4) == 0 {
			op.Type, op.Error = history.Fail, history.Mismatch
		}
	case s.random.IntN(2) == 0:
		op.Type, op.Error = history.Fail, "no leader"
	default:
		op.Type = history.Info
		s.next++
		s.clients[i] = s.next
		if s.random.IntN(2) == 0 {
			return // and nothing is recorded
		}
	}
	s.record(op)
}

// nemesis takes one step with a new fault or an old one.
func (s *stage) nemesis() {
	if s.ids < s.most && (len(s.faults) == 0 || s.random.IntN(3) == 0) {
		s.ids++
		fault := &history.Fault{ID: s.ids, Name: "kill", Nodes: []string{"n1"}}
		s.faults = append(s.faults, s.record(history.Op{Process: history.Nemesis, F: history.Inject, Fault: fault}))
		return
	}
	if len(s.faults) == 0 {
		return
	}
	at := s.random.IntN(len(s.faults))
	op := s.faults[at]
	switch {
	case op.Type == history.Invoke:
		op.Type = []history.Type{history.OK, history.OK, history.OK, history.OK, history.Info, history.Fail}[s.random.IntN(6)]
	case op.F == history.Heal && op.Type == history.OK || op.Type == history.Fail:
		s.faults = slices.Delete(s.faults, at, at+1)
		return
	default:
		op.F, op.Type = history.Heal, history.Invoke
	}
	s.faults[at] = s.record(op)
}

func randomHistory(random *rand.Rand) *history.History {
	s := &stage{random: random, up: []float64{0.5, 0.8, 1}[random.IntN(3)], most: 1 + random.IntN(4), open: map[int]history.Op{}, next: 5}
	for i := range 1 + random.IntN(5) {
		s.clients = append(s.clients, i)
	}
	faults := random.IntN(12)
	for range 1 + random.IntN(120) {
		if random.IntN(40) < faults {
			s.nemesis()
		} else {
			s.client(random.IntN(len(s.clients)))
		}
	}
	return &s.h
}

// answered and end are the definition, straight from the call.
func answered(c history.Call) bool {
	return c.Type == history.OK || c.Type == history.Fail && c.Error == "mismatch"
}

func ended(h *history.History, c history.Call) int {
	if c.Complete < 0 {
		return len(h.Ops)
	}
	return c.Complete
}

// storms says for each gap between two ops of the history in which fault window it
// is: 0 for none, otherwise its number. Windows that last until the end are told.
func storms(h *history.History) (of []int, windows int, endless bool) {
	inForce := make([]int, len(h.Ops)+1)
	for _, span := range h.FaultSpans() {
		failed, to := false, len(h.Ops)+1
		for i, op := range h.Ops {
			if op.Fault == nil || op.Fault.ID != span.Fault.ID {
				continue
			}
			failed = failed || op.F == "inject" && op.Type == history.Fail
			if op.F == "heal" && op.Type == history.OK {
				to = i
			}
		}
		for gap := span.Ops[0]; gap < to && !failed; gap++ {
			inForce[gap]++
		}
	}
	of = make([]int, len(inForce))
	for gap := range inForce {
		if inForce[gap] > 0 {
			if gap == 0 || inForce[gap-1] == 0 {
				windows++
			}
			of[gap] = windows
		}
	}
	return of, windows, inForce[len(h.Ops)] > 0
}

// oracle is the definition of New again, in loops over everything.
type oracle struct {
	h       *history.History
	calls   []history.Call
	storms  []int
	windows int
	endless bool
}

// under says that the call shares a moment with a window, or with any.
func (o *oracle) under(c history.Call, window int) bool {
	for gap := c.Invoke; gap < ended(o.h, c); gap++ {
		if at := o.storms[gap]; at == window || window == whichever && at != 0 {
			return true
		}
	}
	return false
}

const whichever = -1

func share(calls []history.Call) float64 {
	n := 0.0
	for _, c := range calls {
		if answered(c) {
			n++
		}
	}
	return n / float64(len(calls))
}

func (o *oracle) calm() []history.Call {
	return slices.DeleteFunc(slices.Clone(o.calls), func(c history.Call) bool { return o.under(c, whichever) })
}

func (o *oracle) during(window int) []history.Call {
	return slices.DeleteFunc(slices.Clone(o.calls), func(c history.Call) bool { return !o.under(c, window) })
}

func (o *oracle) minSuccess(limit float64) checkers.Validity {
	calls := o.calm()
	switch {
	case len(calls) == 0:
		return checkers.Unknown
	case share(calls) < limit:
		return checkers.Invalid
	}
	return checkers.Valid
}

func (o *oracle) minUnderFaults(limit float64) checkers.Validity {
	result := checkers.Unknown
	for w := 1; w <= o.windows; w++ {
		calls := o.during(w)
		switch {
		case len(calls) == 0:
		case share(calls) < limit:
			return checkers.Invalid
		default:
			result = checkers.Valid
		}
	}
	return result
}

func (o *oracle) maxLatency(limit time.Duration) checkers.Validity {
	total, longer := 0, 0
	for _, c := range o.calm() {
		if answered(c) {
			total++
			if o.h.Ops[c.Complete].Time-c.Start > limit {
				longer++
			}
		}
	}
	switch {
	case total == 0:
		return checkers.Unknown
	case longer*100 > total:
		return checkers.Invalid
	}
	return checkers.Valid
}

// moment is an operation of which only this counts for recovery.
type moment struct {
	start, end time.Duration
	answered   bool
}

// recoveredAfter is the definition, for a history of which all is known.
func recoveredAfter(ops []moment, share [2]int) time.Duration {
	for i, op := range ops {
		row := ops[i:min(len(ops), i+5)]
		n := 0
		for _, other := range row {
			if other.answered {
				n++
			}
		}
		if op.answered && n >= 5*share[0]/share[1]*len(row)/5 {
			return op.end - ops[0].start
		}
	}
	return math.MaxInt64
}

// maxRecovery tries, where the next fault ended the observation, all that may have
// followed.
func (o *oracle) maxRecovery(limit time.Duration) (proven, possible bool, seen int) {
	proven, possible = true, true
	for _, node := range []string{"n0", "n1", "n2"} {
		of := slices.DeleteFunc(slices.Clone(o.calls), func(c history.Call) bool { return c.Node != node })
		level := [2]int{5, 5}
		before := slices.DeleteFunc(slices.Clone(of), func(c history.Call) bool {
			return ended(o.h, c) >= slices.IndexFunc(o.storms, func(w int) bool { return w > 0 })
		})
		if len(before) > 0 {
			level = [2]int{int(math.Round(share(before) * float64(len(before)))), len(before)}
		}
		if len(of) == 0 || 5*level[0]/level[1] == 0 {
			continue
		}
		for w := 1; w <= o.windows; w++ {
			if w == o.windows && o.endless {
				continue
			}
			seen++
			always, ever := o.within(of, w, level, limit)
			proven, possible = proven && always, possible && ever
		}
	}
	return proven, possible, seen
}

func (o *oracle) within(of []history.Call, w int, level [2]int, limit time.Duration) (always, ever bool) {
	last := -1
	for gap, window := range o.storms {
		if window == w {
			last = gap
		}
	}
	next := slices.Index(o.storms, w+1)
	var ops []moment
	for _, c := range of {
		to := ended(o.h, c)
		if c.Invoke > last && (next < 0 || c.Invoke < next && (answered(c) || to < next)) {
			ops = append(ops, moment{c.Start, o.h.Ops[min(to, len(o.h.Ops)-1)].Time, answered(c)})
		}
	}
	if len(ops) == 0 {
		return false, true
	}
	if next < 0 {
		met := recoveredAfter(ops, level) <= limit
		return met, met
	}
	always = true
	at := ops[len(ops)-1].start
	for future := range 1 << 6 {
		longer := slices.Clone(ops)
		for i := range 6 {
			longer = append(longer, moment{at, at, future&(1<<i) != 0})
		}
		met := recoveredAfter(longer, level) <= limit
		always, ever = always && met, ever || met
	}
	return always, ever
}

func TestRandomHistoriesAreJudgedByTheDefinition(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 2000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := randomHistory(random)
		o := &oracle{h: h, calls: h.Calls()}
		o.storms, o.windows, o.endless = storms(h)
		limit, ratio := time.Duration(random.IntN(120))*time.Millisecond, float64(1+random.IntN(20))/20
		ok := true
		expect := func(what string, d availability.Demands, want ...checkers.Validity) {
			got := check(t, d, h)
			tally.Count(what + " " + got.Validity.String())
			if len(o.calls) == 0 {
				want = []checkers.Validity{checkers.Unknown}
			}
			if !slices.Contains(want, got.Validity) {
				t.Errorf("%s, %v and %v: %v (%s), want %v of\n%s", what, ratio, limit, got.Validity, got.Reason, want, script.String(h))
				ok = false
			}
			ok = ok && (got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got))
		}
		expect("nothing", availability.Demands{}, checkers.Valid)
		expect("success", availability.Demands{MinSuccess: ratio}, o.minSuccess(ratio))
		expect("success under faults", availability.Demands{MinSuccessUnderFaults: ratio}, o.minUnderFaults(ratio))
		expect("latency", availability.Demands{MaxLatency: limit + 1}, o.maxLatency(limit+1))
		proven, possible, seen := o.maxRecovery(limit + 1)
		switch {
		case !possible:
			// That no future at all would have helped is told as Unknown where only
			// the whole row, and not its first operation, shows it.
			expect("recovery", availability.Demands{MaxRecovery: limit + 1}, checkers.Invalid, checkers.Unknown)
		case proven && seen > 0 && !o.endless:
			expect("recovery", availability.Demands{MaxRecovery: limit + 1}, checkers.Valid)
		default:
			expect("recovery", availability.Demands{MaxRecovery: limit + 1}, checkers.Unknown)
		}
		return ok
	})
	tally.Log(t)
}
