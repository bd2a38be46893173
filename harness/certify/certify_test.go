package certify

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/local"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/harness/targets/mariadb"
	"github.com/assaykit/assay/harness/targets/nats"
	"github.com/assaykit/assay/harness/targets/postgres"
	"github.com/assaykit/assay/results/certificate"
	"github.com/assaykit/assay/workloads"
)

// configured certifies the demo on this machine within the budget.
func configured(budget time.Duration) Config {
	return Config{
		Test:   harness.Test{Target: demo.New(), Nodes: 3, OpTimeout: time.Second},
		Claims: demo.Target{}.Claims(), Trades: demo.Target{}.Trades(), Capabilities: local.Capabilities(),
		Budget: budget, AtOnce: 2, Seed: 1, Around: 3 * time.Second,
	}
}

// Whatever the budget is, the plan fits into it, or says how much it would take.
func TestThePlanFitsTheBudget(t *testing.T) {
	planned := 0
	for budget := time.Minute; budget <= time.Hour; budget += time.Minute {
		p, err := New(configured(budget))
		if err != nil {
			if planned > 0 || !strings.Contains(err.Error(), "it takes 2m") {
				t.Errorf("%s: %v", budget, err)
			}
			continue
		}
		planned++
		if p.Expected() > budget {
			t.Errorf("%s: the plan takes %s", budget, p.Expected())
		}
		for i := range p.config.Claims {
			if !slices.ContainsFunc(p.first, func(c cell) bool { return c.part == claimsPart && c.claim == i }) {
				t.Errorf("%s: nothing is planned for %s", budget, claimName(p.config.Claims[i]))
			}
		}
	}
	if planned < 55 {
		t.Errorf("there were plans for %d budgets only", planned)
	}
}

func TestWhatIsNotTriedIsTold(t *testing.T) {
	c := configured(15 * time.Minute)
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := p.Print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"19 claims", "family disk: ", "family clock: ", "family membership: ", "reads=linearizable, reads=local; under here, lan", "california-netherlands", "further seeds"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the plan does not tell of %q:\n%s", want, &text)
		}
	}
	tight, err := New(configured(4 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(tight.left, certificate.Omission{What: "delivery, and latency over distances", Why: noRoom}) {
		t.Errorf("left out: %v", tight.left)
	}
}

func TestAClaimIsTriedUnderWhatItIsMadeFor(t *testing.T) {
	c := configured(15 * time.Minute)
	c.Test.TargetSettings = map[string]string{"reads": "local"}
	local := map[string]string{"reads": "local"}
	c.Claims = []cluster.Claim{
		{Workload: "register", Promise: "one", Settings: local, Under: []string{"corrupt"}, Except: []string{"kill"}},
		{Workload: "set", Promise: "two", Settings: map[string]string{"reads": "linearizable"}},
		{Workload: "queue", Promise: "three", Settings: local, Check: map[string]string{"profile": "at-least-once"}},
		{Workload: "set", Promise: "four"}, // whoever says nothing of reads speaks of the default
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	tried := map[int][]string{}
	for _, cell := range p.first {
		if cell.part == claimsPart {
			tried[cell.claim] = append(tried[cell.claim], cell.faults)
			if cell.claim == 2 && cell.test.WorkloadSettings["profile"] != "at-least-once" {
				t.Errorf("the queue is asked for %v", cell.test.WorkloadSettings)
			}
		}
	}
	if !slices.Contains(tried[0], "corrupt") || slices.Contains(tried[0], "kill") || slices.Contains(tried[2], "corrupt") {
		t.Errorf("tried under %v", tried)
	}
	if len(tried[1]) > 0 || len(tried[3]) > 0 {
		t.Errorf("claims about other reads were tried under %v, %v", tried[1], tried[3])
	}
	e := &execution{Plan: p}
	if got := e.judge(1); got.Status != certificate.Unknown || !strings.Contains(got.Why, "reads=linearizable, not for local") {
		t.Errorf("%s: %s", got.Status, got.Why)
	}
}

func TestATestThatDoesNotFitIsLeftOut(t *testing.T) {
	c := configured(15 * time.Minute)
	c.Fits = func(t harness.Test) error {
		if t.Workload.Name() == "queue" {
			return errors.New("no queues today")
		}
		return nil
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range p.first {
		if cell.test.Workload.Name() == "queue" {
			t.Errorf("%s is planned", cell)
		}
	}
	if !strings.Contains(p.why(), "no queues today") {
		t.Errorf("left out: %v", p.left)
	}
}

// ended is a run for the first claim under some faults.
func ended(faults string, v checkers.Validity, err error) done {
	return done{
		cell:    cell{part: claimsPart, faults: faults, trade: none, test: harness.Test{Workload: workloads.NewRegister(), Seed: 1}},
		outcome: harness.Outcome{Verdict: checkers.Verdict{Validity: v, Reason: faults + " " + v.String()}}, err: err,
	}
}

func TestWhatBecomesOfAClaim(t *testing.T) {
	down := errors.New("no engine")
	for _, c := range []struct {
		name string
		runs []done
		want certificate.Status
		why  string
	}{
		{"nothing tried", nil, certificate.Unknown, "it was not tried"},
		{"held", []done{ended("none", checkers.Valid, nil), ended("kill", checkers.Valid, nil)}, certificate.Held, "held without faults and under kill"},
		{"one contradiction", []done{ended("none", checkers.Valid, nil), ended("kill", checkers.Valid, nil), ended("kill", checkers.Invalid, nil)},
			certificate.Broken, "broken under kill: kill invalid"},
		{"a contradiction before the run broke down", []done{ended("kill", checkers.Invalid, down)}, certificate.Broken, "broken under kill"},
		{"nothing proved under one", []done{ended("none", checkers.Valid, nil), ended("kill", checkers.Unknown, nil)}, certificate.Unknown, "kill unknown"},
		{"one of two proved nothing", []done{ended("kill", checkers.Unknown, nil), ended("kill", checkers.Valid, nil)}, certificate.Held, "held under kill"},
		{"infrastructure", []done{ended("none", checkers.Valid, down)}, certificate.Unknown, "it could not take place: no engine"},
	} {
		p := &Plan{config: configured(time.Hour)}
		e := &execution{Plan: p, done: c.runs}
		got := e.judge(0)
		if got.Status != c.want || !strings.Contains(got.Why, c.why) {
			t.Errorf("%s: %s: %s", c.name, got.Status, got.Why)
		}
		if (got.Witness != nil) != (c.want == certificate.Broken) {
			t.Errorf("%s: witness %v", c.name, got.Witness)
		}
	}
}

// The reason and the witness of a broken claim are those of one run: a reader looks for the
// one in the other.
func TestReasonAndWitnessAreOfOneRun(t *testing.T) {
	long, short := ended("kill", checkers.Invalid, nil), ended("pause", checkers.Invalid, nil)
	long.outcome.Verdict.Findings = []checkers.Finding{{Anomaly: "stale-read", Text: "a long story", Culprits: []int{1}}}
	short.outcome.Verdict.Findings = []checkers.Finding{{Anomaly: "stale-read", Text: "a tale", Culprits: []int{1}}}
	long.run, short.run = 1, 2
	e := &execution{Plan: &Plan{config: configured(time.Hour)}, done: []done{long, short}}
	got := e.judge(0)
	if got.Witness.Run != 2 || got.Why != "broken under kill, pause: pause invalid" {
		t.Errorf("witness of run %d, %s", got.Witness.Run, got.Why)
	}
}

// What a side answers is what it answers while it is cut off: an answer that the heal
// brought says nothing, and neither does what was still within its deadline then.
func TestWhatASideAnswers(t *testing.T) {
	span := history.FaultSpan{Injected: 10 * time.Second, HealStart: 20 * time.Second}
	at := func(start, end time.Duration, kind history.Type) history.Call {
		return history.Call{F: "write", Type: kind, Start: start * time.Second, End: end * time.Second}
	}
	for _, c := range []struct {
		call history.Call
		want bool
	}{
		{at(9, 11, history.OK), false},
		{at(11, 12, history.OK), true},
		{at(19, 20, history.OK), true},
		{at(19, 21, history.OK), false},
		{at(12, 14, history.Fail), true},
		{history.Call{Type: history.Info, Start: 17 * time.Second, End: history.Never}, true},
		{history.Call{Type: history.Info, Start: 19 * time.Second, End: history.Never}, false},
		{at(20, 21, history.OK), false},
	} {
		if got := judged(c.call, span, 2*time.Second); got != c.want {
			t.Errorf("%+v: %v", c.call, got)
		}
	}
}

func TestSidesByTheirSize(t *testing.T) {
	for _, c := range []struct {
		node  string
		sides [][]string
		want  string
	}{
		{"n1", [][]string{{"n1"}, {"n2", "n3"}}, minoritySide},
		{"n3", [][]string{{"n1"}, {"n2", "n3"}}, majoritySide},
		{"n1", [][]string{{"n1", "n2"}, {"n3", "n4"}}, equalSide},
		{"n1", nil, allNodes},
	} {
		nodes := 3
		if len(c.sides) > 0 {
			nodes = len(c.sides[0]) + len(c.sides[1])
		}
		if got := sideOf(c.node, c.sides, nodes); got != c.want {
			t.Errorf("%s of %v: %s", c.node, c.sides, got)
		}
	}
}

func TestDeliveryIsTheStrongestThatIsNotRefuted(t *testing.T) {
	for _, c := range []struct {
		name     string
		received []int
		want     string
	}{
		{"each once", []int{1, 2}, "exactly once"},
		{"one twice", []int{1, 2, 2}, "at least once"},
		{"one lost", []int{1}, "at most once"},
		{"one lost, one twice", []int{1, 1}, "neither"},
	} {
		d := ended("none", checkers.Valid, nil)
		d.test.Workload = workloads.NewQueue()
		d.history = messages(2, c.received)
		if got, why := observed(t.Context(), d); got != c.want {
			t.Errorf("%s: %s (%s)", c.name, got, why)
		}
	}
}

// messages are so many sent, and some received before the queue was seen empty.
func messages(sent int, received []int) *history.History {
	h := &history.History{}
	add := func(f string, in, out history.Value) {
		at := time.Duration(len(h.Ops))
		h.Ops = append(h.Ops,
			history.Op{Index: len(h.Ops), Type: history.Invoke, F: f, Key: "q", Value: in, Time: at, Final: f == "receive"},
			history.Op{Index: len(h.Ops) + 1, Type: history.OK, F: f, Key: "q", Value: out, Time: at + 1, Final: f == "receive"})
	}
	for i := 1; i <= sent; i++ {
		add("send", history.Int(i), history.Int(i))
	}
	for _, m := range received {
		add("receive", history.Value{}, history.Int(m))
	}
	add("receive", history.Value{}, history.Value{})
	return h
}

// The first round strikes where it shows most, the later ones everywhere; people read the
// family's name in both.
func TestTheFirstRoundIsSharp(t *testing.T) {
	p, err := New(configured(15 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	shapes := func(cells []cell, family string) (all []string) {
		for _, c := range cells {
			if c.part == claimsPart && c.faults == family {
				return c.test.Nemesis.Families[0].Shapes
			}
		}
		t.Fatalf("no claim is tried under %s", family)
		return nil
	}
	for family, want := range sharp {
		if got := shapes(p.first, family); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", family, got, want)
		}
		if later := shapes(p.claims(p.config.families(), 1), family); len(later) <= len(want) {
			t.Errorf("%s: a later round has %v only", family, later)
		}
	}
	for round := range 2 * len(paces) {
		if hold, quiet := p.tempo("kill", round); hold <= 0 || quiet <= 0 {
			t.Errorf("round %d: faults of %s, %s apart", round, hold, quiet)
		}
	}
}

// Every run is made once, and what is timed is timed alone.
func TestStages(t *testing.T) {
	p, err := New(configured(15 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, s := range (&execution{Plan: p}).stages() {
		all += len(s.cells)
		for _, c := range s.cells {
			if c.alone() != (s.atOnce == 1) {
				t.Errorf("%s is made %d at a time", c, s.atOnce)
			}
		}
	}
	if all != len(p.first) {
		t.Errorf("%d of %d runs are made", all, len(p.first))
	}
}

// What nodes and clients speak is compared where a user may choose it: here and over a
// distance, with everything else as it is.
func TestFormsAreComparedWhereTheyCanBeChosen(t *testing.T) {
	for _, target := range []cluster.Target{postgres.New(), mariadb.New(), nats.New()} {
		c := configured(time.Hour)
		c.Test.Target, c.Claims, c.Trades = target, target.(cluster.Claimer).Claims(), target.(cluster.Trader).Trades()
		c.Capabilities = cluster.Capabilities{cluster.CanPartition: nil, cluster.CanKill: nil, cluster.CanDelay: nil}
		p, err := New(c)
		if err != nil {
			t.Errorf("%s: %v", target.Name(), err)
			continue
		}
		planned := map[string]bool{}
		for _, cell := range p.first {
			if cell.part == tradesPart && p.trades()[cell.trade].For != cluster.Consistency {
				planned[pairs(cell.test.TargetSettings)+" "+cell.distance.name] = true
			}
		}
		for _, trade := range c.Trades {
			if trade.For == cluster.Consistency {
				continue
			}
			for _, value := range trade.Values {
				for _, distance := range []string{"here", "cross-zone"} {
					if want := trade.Setting + "=" + value + " " + distance; !planned[want] {
						t.Errorf("%s: %s is not planned, but %v", target.Name(), want, planned)
					}
				}
			}
		}
		if len(planned) < 4 {
			t.Errorf("%s: %v", target.Name(), planned)
		}
	}
}
