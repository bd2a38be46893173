package explore_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/sim/explore"
)

// pingPong is Stateright's: two nodes that count each other's messages.
type pingPong struct{ quiet[int, pingMessage] }

type pingMessage struct {
	Pong bool
	N    int
}

func (pingPong) Start(c actor.Context[pingMessage], _ [][]byte) int {
	if c.Self() == "n1" {
		c.Send("n2", pingMessage{})
	}
	return 0
}

func (pingPong) Receive(c actor.Context[pingMessage], s *int, from actor.ID, m pingMessage) {
	if m.N != *s {
		return
	}
	if *s++; m.Pong {
		c.Send(from, pingMessage{N: *s})
	} else {
		c.Send(from, pingMessage{true, m.N})
	}
}

type pingView = explore.View[int, pingMessage]

func pings(most int, n explore.Network, loses bool) explore.System[int, pingMessage] {
	return explore.System[int, pingMessage]{
		Nodes: explore.Cluster(pingPong{}, 2), Network: n, Lossy: loses,
		Boundary: func(v pingView) bool { return *v.State("n1") <= most && *v.State("n2") <= most },
		Properties: []explore.Property[pingView]{
			explore.Always("delta within 1", func(v pingView) error {
				d := *v.State("n1") - *v.State("n2")
				return unless(d >= -1 && d <= 1, "the counts differ by %d", d)
			}),
			explore.Eventually("reaches 1", func(v pingView) bool { return *v.State("n1") == 1 }),
		},
	}
}

// ignorant ignores all but one message: Stateright's test of deliveries that do
// nothing.
type ignorant struct{ quiet[int, string] }

func (ignorant) Start(c actor.Context[string], _ [][]byte) int {
	if c.Self() == "n1" {
		c.Send("n2", "ignored")
		c.Send("n2", "interesting")
	}
	return 0
}

func (ignorant) Receive(_ actor.Context[string], s *int, _ actor.ID, m string) {
	if m == "interesting" {
		*s = 1
	}
}

func ignoring(n explore.Network) explore.System[int, string] {
	return explore.System[int, string]{Nodes: explore.Cluster(ignorant{}, 2), Network: n}
}

// waiter sets a timer and does nothing about it.
type waiter struct{ quiet[int, int] }

func (waiter) Start(c actor.Context[int], _ [][]byte) int {
	c.SetTimer("wait", time.Second)
	return 0
}

func faultRows() []row {
	const u, d, o = explore.Unordered, explore.Duplicating, explore.Ordered
	down := explore.System[int, int]{Nodes: explore.Cluster(quiet[int, int]{}, 3)}
	down.Faults = explore.Faults{Crashes: explore.Unlimited, Restarts: explore.Unlimited, MostDown: 1}
	once := down
	once.Faults = explore.Faults{Crashes: 1}
	return []row{
		{"ping-pong to 1, duplicating, lossy", pings(1, d, true), 14, 21, 6, false},
		{"ping-pong to 5, duplicating, lossy", pings(5, d, true), 4094, 21505, 22, false},
		{"ping-pong to 5", pings(5, u, false), 11, 11, 11, false},
		{"ping-pong to 5, duplicating", pings(5, d, false), 11, 11, 11, false},
		{"nothing done, unordered", ignoring(u), 2, 2, 2, false},
		{"nothing done, duplicating", ignoring(d), 2, 0, 2, false},
		{"nothing done, ordered", ignoring(o), 3, 3, 3, false},
		{"a timer", explore.System[int, int]{Nodes: explore.Cluster(waiter{}, 1)}, 2, 2, 2, false},
		{"one of three down", down, 4, 7, 2, false},
		{"one of three crashes", once, 4, 4, 2, false},
	}
}

func TestCountsOfFaults(t *testing.T) { testCounts(t, faultRows()) }

func TestPingPongIsLost(t *testing.T) {
	for _, c := range []struct {
		loses bool
		want  checkers.Validity
	}{{false, checkers.Valid}, {true, checkers.Invalid}} {
		result := explored(t, pings(5, explore.Duplicating, c.loses), explore.Options{})
		got := result.Property("reaches 1")
		if got.Validity != c.want {
			t.Errorf("lossy %v: %v, %s", c.loses, got.Validity, got.Reason)
		}
		if c.loses && !slices.Equal(got.Trace.Labels(), []string{"drop n1 → n2 {}"}) {
			t.Errorf("the way is\n%v", got.Trace)
		}
	}
}

func explored(t *testing.T, of explore.Explorer, o explore.Options) *explore.Result {
	t.Helper()
	result, err := of.Explore(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// bad is an actor that reacts to its timer as a function says.
type bad struct {
	quiet[badState, badMessage]
	React  func(c actor.Context[badMessage], s *badState) `json:"-"`
	Config map[string]int
}

type badState struct {
	Seen map[string]int
	N    int
}

type badMessage struct {
	N int
	// hidden is lost on the way between processes.
	hidden int
}

func (bad) Start(c actor.Context[badMessage], _ [][]byte) badState {
	c.SetTimer("go", time.Second)
	return badState{Seen: map[string]int{}}
}

func (b bad) Timer(c actor.Context[badMessage], s *badState, _ string) { b.React(c, s) }

// configured is an actor whose configuration has an identity.
type configured struct {
	quiet[badState, badMessage]
	Config map[string]int
}

func (configured) Start(c actor.Context[badMessage], _ [][]byte) badState {
	c.SetTimer("go", time.Second)
	return badState{}
}

func (a configured) Timer(actor.Context[badMessage], *badState, string) { a.Config["x"] = 1 }

func TestBadActorsAreErrors(t *testing.T) {
	kept := &badState{}
	calls := 0
	many := map[int]bool{}
	for i := range 1000 {
		many[i] = true
	}
	for _, c := range []struct {
		name  string
		react func(actor.Context[badMessage], *badState)
		want  string
	}{
		{"clock", func(c actor.Context[badMessage], _ *badState) { c.Now() }, "node n1, when its timer go fires: Now() is asked for the time"},
		{"wall clock", func(c actor.Context[badMessage], _ *badState) { c.WallClock() }, "WallClock()"},
		{"counter outside", func(_ actor.Context[badMessage], s *badState) { calls++; s.N = calls }, "nondeterministic: two reactions to the same input in the same state differ in the state: N "},
		{"order of a map", func(c actor.Context[badMessage], _ *badState) {
			for k := range many {
				c.Send("n2", badMessage{N: k})
			}
		}, "nondeterministic"},
		{"kept map", func(_ actor.Context[badMessage], s *badState) {
			if kept.Seen != nil {
				kept.Seen["x"]++
			}
			kept.Seen = s.Seen
		}, "aliasing"},
		{"unknown request", func(c actor.Context[badMessage], _ *badState) { c.Reply(7, nil) }, "it replies to request 7, which no client makes"},
		{"hidden field", func(c actor.Context[badMessage], _ *badState) { c.Send("n2", badMessage{hidden: 1}) }, "is not the same after a way between processes, as JSON: hidden 1 → 0"},
		{"too many choices", func(c actor.Context[badMessage], s *badState) { s.N = c.Choose(1 << 20) }, "more than 10000 outcomes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := explore.System[badState, badMessage]{Nodes: explore.Cluster(bad{React: c.react}, 2)}.Explore(context.Background(), explore.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	_, err := explore.System[badState, badMessage]{Nodes: explore.Cluster(configured{Config: map[string]int{}}, 1)}.Explore(context.Background(), explore.Options{})
	if err == nil || !strings.Contains(err.Error(), "changed the Actor value") {
		t.Errorf("error %v about a configuration that changes", err)
	}
}

func TestAPanicIsAFinding(t *testing.T) {
	broken := bad{React: func(_ actor.Context[badMessage], s *badState) {
		if s.N++; s.N == 1 {
			panic("out of paper")
		}
	}}
	result := explored(t, explore.System[badState, badMessage]{Nodes: explore.Cluster(broken, 1)}, explore.Options{})
	j := result.Property(explore.PanicProperty)
	if j == nil || j.Validity != checkers.Invalid || !strings.Contains(j.Reason, "out of paper") || !slices.Equal(j.Trace.Labels(), []string{"timeout n1 go"}) {
		t.Errorf("%+v", j)
	}
}

func TestChoicesAreBranches(t *testing.T) {
	dice := bad{React: func(c actor.Context[badMessage], s *badState) { s.N = 10*c.Choose(3) + c.Choose(2) }}
	result := explored(t, explore.System[badState, badMessage]{Nodes: explore.Cluster(dice, 1)}, explore.Options{})
	if result.Unique != 7 || result.Generated != 7 {
		t.Errorf("%v, want 1 state and 6 outcomes", result)
	}
	same := bad{React: func(c actor.Context[badMessage], s *badState) { s.N = 1 + 0*c.Choose(150) }}
	result = explored(t, explore.System[badState, badMessage]{Nodes: explore.Cluster(same, 1)}, explore.Options{})
	if result.Unique != 2 || result.Generated != 151 {
		t.Errorf("%v, want 2 states, one of them 150 times", result)
	}
}

// saver persists what it is told and shows it after a restart.
type saver struct{ quiet[[]string, int] }

func (saver) Start(_ actor.Context[int], durable [][]byte) []string {
	var s []string
	for _, d := range durable {
		s = append(s, string(d))
	}
	return s
}

func (saver) Request(c actor.Context[int], s *[]string, request uint64, body []byte) {
	c.Persist(body)
	*s = append(*s, string(body), "volatile")
	c.Reply(request, []byte("ok"))
}

func TestWhatIsPersistedSurvives(t *testing.T) {
	view := func(want ...string) func(explore.View[[]string, int]) bool {
		return func(v explore.View[[]string, int]) bool { return slices.Equal(*v.State("n1"), want) && v.Up("n1") }
	}
	s := explore.System[[]string, int]{
		Nodes: explore.Cluster(saver{}, 1), Faults: explore.Faults{Crashes: 1, Restarts: 1},
		Properties: []explore.Property[explore.View[[]string, int]]{
			explore.Sometimes("restarted with it", view(string(write(1).Body))),
			explore.Sometimes("restarted without", view()),
			explore.Always("forgets what is volatile", func(v explore.View[[]string, int]) error {
				return unless(len(v.Durable("n1")) <= 1, "persisted more than once")
			}),
		},
	}
	s.Clients = explore.InTurn(explore.IDs(s.Nodes), []explore.Call{write(1)})
	explore.Test(t, s, explore.Options{})
}

// toggler sends itself a message for ever, and another node one that ends it all.
type toggler struct{ quiet[bool, string] }

func (toggler) Start(c actor.Context[string], _ [][]byte) bool {
	if c.Self() == "n1" {
		c.Send("n1", "again")
		c.Send("n2", "done")
	}
	return false
}

func (toggler) Receive(c actor.Context[string], s *bool, _ actor.ID, m string) {
	if *s = !*s; m == "again" {
		c.Send("n1", "again")
	}
}

func TestFairness(t *testing.T) {
	for _, c := range []struct {
		fairness explore.Fairness
		want     checkers.Validity
	}{{explore.Unfair, checkers.Invalid}, {explore.FairDelivery, checkers.Valid}} {
		result := explored(t, explore.System[bool, string]{
			Nodes: explore.Cluster(toggler{}, 2), Fairness: c.fairness,
			Properties: []explore.Property[explore.View[bool, string]]{explore.Eventually("done", func(v explore.View[bool, string]) bool { return *v.State("n2") })},
		}, explore.Options{})
		got := result.Property("done")
		if got.Validity != c.want {
			t.Errorf("fairness %d: %v, %s\n%v", c.fairness, got.Validity, got.Reason, got.Trace)
		}
		if c.want == checkers.Invalid && (got.Trace.Loop != 0 || len(got.Trace.Steps) != 2) {
			t.Errorf("the circle is\n%v", got.Trace)
		}
	}
}

func TestBudgets(t *testing.T) {
	count := func(f explore.Faults) int {
		s := registers(single{}, 1, 2, 1, explore.Unordered)
		s.Faults = f
		return explored(t, s, explore.Options{Exhaust: true}).Unique
	}
	none := count(explore.Faults{})
	for name, f := range map[string]explore.Faults{
		"drops": {Drops: 1}, "duplicates": {Duplicates: 1}, "crashes": {Crashes: 1}, "give-ups": {GiveUps: 1},
	} {
		more := f
		more.Drops, more.Duplicates, more.Crashes, more.GiveUps = 2*f.Drops, 2*f.Duplicates, 2*f.Crashes, 2*f.GiveUps
		if one, two := count(f), count(more); one <= none || two < one || two == one && name != "crashes" {
			t.Errorf("%s: %d states without, %d with one, %d with two", name, none, one, two)
		}
	}
}

func TestInterruption(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("enough"))
	result, err := twoPhaseCommit(9, false).Explore(ctx, explore.Options{})
	if err != nil || result.Complete || !strings.Contains(result.Stopped, "enough") || result.Validity() != checkers.Unknown {
		t.Errorf("%v, %v", result, err)
	}
	result = explored(t, twoPhaseCommit(9, false), explore.Options{MaxStates: 1000})
	if result.Complete || result.Unique < 1000 || result.Validity() != checkers.Unknown || !strings.Contains(result.Stopped, "1000 states") {
		t.Errorf("%v", result)
	}
	result = explored(t, twoPhaseCommit(4, false), explore.Options{MaxDepth: 5})
	if result.Complete || result.Depth != 5 || result.Property("consistent").Validity != checkers.Unknown {
		t.Errorf("%v", result)
	}
}

// TestWorkersAgree compares what one and several workers find.
func TestWorkersAgree(t *testing.T) {
	find := func(workers int) map[string]string {
		found := map[string]string{}
		for _, n := range []explore.Network{explore.Unordered, explore.Ordered, explore.Duplicating} {
			s := registers(single{}, 2, 3, 1, n)
			s.Faults.Drops = 1
			result := explored(t, s, explore.Options{Workers: workers})
			found[n.String()] = result.Property("linearizable register").Trace.String() + result.Property("value chosen").Trace.String()
		}
		return found
	}
	one := find(1)
	for range 3 {
		if several := find(4); !maps.Equal(one, several) {
			t.Errorf("one worker finds %v, four find %v", one, several)
		}
	}
}
