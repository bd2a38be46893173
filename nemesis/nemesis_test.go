package nemesis

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// bench is a cluster that only remembers what is done to it.
type bench struct {
	nodes []cluster.Node

	mu    sync.Mutex
	rules cluster.Rules
	// deaf makes SetRules answer without doing anything.
	deaf bool
	// seen are all rules ever set.
	seen []cluster.Rules
}

func newBench(names ...string) *bench {
	b := &bench{}
	for _, name := range names {
		b.nodes = append(b.nodes, &benchNode{name: name, state: cluster.Running})
	}
	return b
}

func (b *bench) Runtime() string             { return "bench" }
func (b *bench) Nodes() []cluster.Node       { return b.nodes }
func (b *bench) Close(context.Context) error { return nil }
func (b *bench) Capabilities() cluster.Capabilities {
	return cluster.Capabilities{cluster.CanKill: nil, cluster.CanPause: nil, cluster.CanPartition: nil, cluster.CanCorrupt: errors.New("no way")}
}

func (b *bench) SetRules(_ context.Context, r cluster.Rules) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.deaf {
		b.rules = r
		b.seen = append(b.seen, r)
	}
	return nil
}

func (b *bench) Reach(context.Context) (map[cluster.Link]bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reach := map[cluster.Link]bool{}
	for _, from := range b.nodes {
		for _, to := range b.nodes {
			link := cluster.Link{From: from.Name(), To: to.Name()}
			reach[link] = !b.rules.Drop[link]
		}
	}
	return reach, nil
}

type benchNode struct {
	name string

	mu    sync.Mutex
	state cluster.State
	// stuck makes the node stay as it is, whatever is asked of it.
	stuck bool
}

func (n *benchNode) Name() string       { return n.name }
func (n *benchNode) Addr(string) string { return "" }
func (n *benchNode) become(s cluster.State) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.stuck {
		n.state = s
	}
	return nil
}
func (n *benchNode) Start(context.Context) error  { return n.become(cluster.Running) }
func (n *benchNode) Kill(context.Context) error   { return n.become(cluster.Stopped) }
func (n *benchNode) Pause(context.Context) error  { return n.become(cluster.Paused) }
func (n *benchNode) Resume(context.Context) error { return n.become(cluster.Running) }
func (n *benchNode) State(context.Context) (cluster.State, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state, nil
}
func (n *benchNode) Logs(context.Context, io.Writer) error { return nil }

func recorder(t *testing.T) *history.Recorder {
	t.Helper()
	began := time.Now()
	r, err := history.Create("", func() time.Duration { return time.Since(began) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func step(faults ...Planned) Step {
	return Step{Hold: time.Millisecond, Faults: faults}
}

func planned(family, shape string) Planned {
	return Planned{Family: family, Shape: shape, Order: []string{"n2", "n1", "n3"}}
}

// outcomes lists the nemesis' completions as "inject partition ok".
func outcomes(h *history.History) []string {
	var out []string
	for _, op := range h.Ops {
		if op.Type != history.Invoke {
			what := op.F
			if op.Fault != nil {
				what += " " + op.Fault.Name
			}
			out = append(out, what+" "+map[history.Type]string{history.OK: "ok", history.Info: "info"}[op.Type])
		}
	}
	return out
}

func TestAFaultIsInjectedVerifiedHealedAndVerified(t *testing.T) {
	b, r := newBench("n1", "n2", "n3"), recorder(t)
	n := New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("partition", "one"), planned("kill", "one"))}})
	n.Run(t.Context())
	want := "inject partition ok; inject kill ok; heal kill ok; reapply partition ok; heal partition ok"
	if got := strings.Join(outcomes(r.Snapshot()), "; "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if len(b.rules.Drop) != 0 || len(b.seen) != 2 || len(b.seen[0].Drop) != 4 {
		t.Errorf("rules over time: %v", b.seen)
	}
}

func TestAFaultThatDoesNotTakeEffectIsNotVerified(t *testing.T) {
	t.Parallel()
	b, r := newBench("n1", "n2", "n3"), recorder(t)
	b.deaf = true
	n := New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("partition", "one"))}})
	n.Run(t.Context())
	h := r.Snapshot()
	if got := outcomes(h)[0]; got != "inject partition info" {
		t.Errorf("%s", got)
	}
	if text := h.Ops[1].Error; !strings.Contains(text, "still passes") {
		t.Errorf("the reason is %q", text)
	}
}

func TestCorruptionIsVerifiedByWhatWasCorrupted(t *testing.T) {
	t.Parallel()
	for spoiled, want := range map[uint64]string{0: "inject corrupt info", 3: "inject corrupt ok"} {
		b, r := &noisyBench{bench: newBench("n1", "n2", "n3"), spoiled: spoiled}, recorder(t)
		n := New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("corrupt", "one"))}})
		n.Run(t.Context())
		if got := outcomes(r.Snapshot())[0]; got != want {
			t.Errorf("%d packets changed: %s, want %s", spoiled, got, want)
		}
	}
}

func TestCorruptionThatGoesOnIsNotHealed(t *testing.T) {
	t.Parallel()
	for more, want := range map[uint64]string{0: "heal corrupt ok", 1: "heal corrupt info"} {
		b, r := &noisyBench{bench: newBench("n1", "n2", "n3"), spoiled: 3, more: more}, recorder(t)
		n := New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("corrupt", "all"))}})
		n.Run(t.Context())
		h := r.Snapshot()
		if got := outcomes(h); len(got) != 2 || got[1] != want {
			t.Errorf("%d more packets changed: %v, want %s", more, got, want)
		}
		if text := h.Ops[len(h.Ops)-1].Error; more > 0 && !strings.Contains(text, "n1->n2 still changes packets") {
			t.Errorf("the reason is %q", text)
		}
	}
}

// noisyBench says that so many packets to n2 were changed, and each time that it is
// asked some more.
type noisyBench struct {
	*bench
	spoiled, more uint64
}

func (b *noisyBench) Corrupted(context.Context) (map[cluster.Link]uint64, error) {
	b.spoiled += b.more
	return map[cluster.Link]uint64{{From: "n1", To: "n2"}: b.spoiled}, nil
}

func TestANodeThatStaysDeadIsNotHealed(t *testing.T) {
	t.Parallel()
	b, r := newBench("n1", "n2", "n3"), recorder(t)
	n := New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("kill", "one"))}})
	b.nodes[1].(*benchNode).state = cluster.Stopped
	b.nodes[1].(*benchNode).stuck = true
	n.Run(t.Context())
	got := outcomes(r.Snapshot())
	if len(got) != 2 || got[1] != "heal kill info" {
		t.Errorf("%v", got)
	}
}

func TestTheLeaderIsAskedForWhenTheFaultStrikes(t *testing.T) {
	b, r := newBench("n1", "n2", "n3"), recorder(t)
	leaders := func(context.Context) ([]string, error) { return []string{"n3"}, nil }
	n := New(Config{Cluster: b, Recorder: r, Leaders: leaders, Steps: []Step{step(planned("pause", "leader"))}})
	n.Run(t.Context())
	fault := r.Snapshot().Ops[0].Fault
	if len(fault.Nodes) != 1 || fault.Nodes[0] != "n3" || !strings.Contains(fault.Detail, "leader n3") {
		t.Errorf("struck %v: %s", fault.Nodes, fault.Detail)
	}
}

func TestACancelledNemesisHealsWhatItInjected(t *testing.T) {
	b, r := newBench("n1", "n2", "n3"), recorder(t)
	long := step(planned("partition", "leader"), planned("pause", "one"))
	long.Hold = time.Hour
	n := New(Config{Cluster: b, Recorder: r, Steps: []Step{long}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.Run(ctx) }()
	for len(n.InForce()) < 2 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
	if len(b.rules.Drop) != 0 || b.nodes[1].(*benchNode).state != cluster.Running {
		t.Errorf("left behind: %v, n2 is %s", b.rules, b.nodes[1].(*benchNode).state)
	}
}

func TestHealAllRevivesAndNamesACrashedNode(t *testing.T) {
	b, r := newBench("n1", "n2", "n3"), recorder(t)
	b.nodes[0].(*benchNode).state = cluster.Stopped
	b.nodes[2].(*benchNode).state = cluster.Paused
	if err := New(Config{Cluster: b, Recorder: r}).HealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(outcomes(r.Snapshot()), "; "); got != "crashed ok; restore ok" {
		t.Error(got)
	}
	for _, node := range b.nodes {
		if s, _ := node.State(t.Context()); s != cluster.Running {
			t.Errorf("%s is %s", node.Name(), s)
		}
	}
}

func TestNetworkFaultsAddUp(t *testing.T) {
	b := newBench("n1", "n2", "n3")
	w := &wires{network: b, rules: map[int]cluster.Rules{}}
	ab, ba := cluster.Link{From: "n1", To: "n2"}, cluster.Link{From: "n2", To: "n1"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.set(t.Context(), 1, cluster.Rules{Drop: map[cluster.Link]bool{ab: true}}))
	must(w.set(t.Context(), 2, cluster.Rules{Drop: map[cluster.Link]bool{ba: true}, Corrupt: map[cluster.Link]float64{ab: 0.5}}))
	if !maps.Equal(b.rules.Drop, map[cluster.Link]bool{ab: true, ba: true}) || b.rules.Corrupt[ab] != 0.5 {
		t.Errorf("both: %v", b.rules)
	}
	must(w.clear(t.Context(), 1))
	if !maps.Equal(b.rules.Drop, map[cluster.Link]bool{ba: true}) {
		t.Errorf("after the first was healed: %v", b.rules)
	}
}

func TestSpecSupports(t *testing.T) {
	b := newBench("n1")
	ok, _ := Parse("partition,kill,pause")
	if err := ok.Supports(b.Capabilities()); err != nil {
		t.Error(err)
	}
	not, _ := Parse("corrupt")
	if err := not.Supports(b.Capabilities()); err == nil || !strings.Contains(err.Error(), "no way") {
		t.Errorf("%v", err)
	}
}

// The last of the operations are no time for another fault, unless none of its family
// has had a turn.
func TestNoFaultStrikesJustBeforeTheEnd(t *testing.T) {
	short, long := step(planned("kill", "one")), step(planned("kill", "one"))
	long.Hold = time.Hour
	for _, c := range []struct {
		steps []Step
		want  string
	}{
		{[]Step{short, long}, "inject kill ok, heal kill ok"},
		{[]Step{short, short}, "inject kill ok, heal kill ok, inject kill ok, heal kill ok"},
		{[]Step{long}, "inject kill ok, heal kill ok"},
	} {
		r := recorder(t)
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			New(Config{Cluster: newBench("n1", "n2", "n3"), Recorder: r, Steps: c.steps}).Run(ctx)
		})
		if got := strings.Join(outcomes(r.Snapshot()), ", "); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
