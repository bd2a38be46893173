package nemesis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// vessel is a node of which everything can be asked and that only remembers it.
type vessel struct {
	*benchNode

	mu      sync.Mutex
	limits  cluster.Limits
	periods uint64
	starved bool
	done    []string
	// deaf makes it not listen when it is asked to end, free not be limited, and tough
	// die of something else than want of memory.
	deaf, free, tough bool
}

func (v *vessel) note(what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done = append(v.done, what)
}

func (v *vessel) Start(ctx context.Context) error {
	v.note("start")
	v.mu.Lock()
	v.starved = false
	v.mu.Unlock()
	return v.benchNode.Start(ctx)
}

func (v *vessel) Kill(ctx context.Context) error {
	v.note("kill")
	return v.benchNode.Kill(ctx)
}

func (v *vessel) Stop(ctx context.Context, _ time.Duration) (bool, error) {
	v.note("stop")
	return !v.deaf, v.benchNode.Kill(ctx)
}

func (v *vessel) SetLimits(_ context.Context, l cluster.Limits) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.free {
		v.limits = l
	}
	return nil
}

// Usage says that CPU is rationed whenever there is a limit.
func (v *vessel) Usage(context.Context) (cluster.Usage, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.limits.CPU > 0 {
		v.periods++
	}
	return cluster.Usage{Limits: v.limits, Memory: 10 << 20, Periods: v.periods}, nil
}

func (v *vessel) Starve(ctx context.Context) error {
	v.mu.Lock()
	v.limits, v.starved = cluster.Limits{Memory: 20 << 20}, !v.tough
	v.mu.Unlock()
	return v.benchNode.Kill(ctx)
}

func (v *vessel) Starved(context.Context) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.starved, nil
}

// vessels is a bench of such nodes.
func vessels(names ...string) (*bench, []*vessel) {
	b := newBench(names...)
	var all []*vessel
	for i, n := range b.nodes {
		v := &vessel{benchNode: n.(*benchNode)}
		b.nodes[i] = v
		all = append(all, v)
	}
	return b, all
}

func TestHarmsAreSpelledInManyWays(t *testing.T) {
	for _, text := range []string{
		"process", "process:stop(2s)@leader", "process:rolling+crash-loop(1s)@n1,n3", "process:cpu(25%)@followers,kill:n1,n3",
		"process:memory(64MiB)", "process:out-of-memory@minority", "kill:follower+followers",
	} {
		spec, err := Parse(text)
		if err != nil || spec.String() != text {
			t.Errorf("%q became %q, %v", text, spec, err)
		}
	}
	for text, want := range map[string]string{
		"process:crash":          "choose from crash-loop, rolling, stop",
		"process:stop(1m)":       "not a duration",
		"process:stop(30ms,1)":   "one argument too many",
		"process:cpu(0.1%)":      "not a share of a core",
		"process:memory(1MiB)":   "no container can have less",
		"process:stop&cpu":       "one harm at a time",
		"process:stop@nowhere":   "no place is called",
		"kill:n1,n1":             "no such shape",
		"pause:one(3)":           "takes no arguments",
		"process:out-of-memory(": "parentheses",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// run executes one step with one fault that holds for a moment.
func (b *bench) run(t *testing.T, c Config, hold time.Duration, shape string) *history.History {
	t.Helper()
	c.Cluster, c.Recorder = b, recorder(t)
	s := step(planned("process", shape))
	s.Hold = hold
	c.Steps = []Step{s}
	New(c).Run(t.Context())
	return c.Recorder.Snapshot()
}

func requireOutcomes(t *testing.T, h *history.History, want string) {
	t.Helper()
	if got := strings.Join(outcomes(h), "; "); got != want {
		t.Errorf("%s, want %s: %v", got, want, h.Ops)
	}
}

const wellDone = "inject process ok; heal process ok"

func TestANodeThatDoesNotListenIsKilled(t *testing.T) {
	b, nodes := vessels("n1", "n2", "n3")
	nodes[1].deaf = true
	h := b.run(t, Config{}, 0, "stop(1s)@n1,n2")
	requireOutcomes(t, h, wellDone)
	if text := h.Ops[1].Value.String(); strings.Contains(text, "n1 did") || !strings.Contains(text, "n2 did not end within 1s of SIGTERM") {
		t.Errorf("told %s", text)
	}
}

func TestACrashLoopGoesOnUntilItIsHealed(t *testing.T) {
	b, nodes := vessels("n1", "n2", "n3")
	h := b.run(t, Config{}, 200*time.Millisecond, "crash-loop(5ms)")
	requireOutcomes(t, h, wellDone)
	kills := 0
	for _, what := range nodes[1].done {
		if what == "kill" {
			kills++
		}
	}
	last := h.Ops[len(h.Ops)-1].Value.String()
	if kills < 2 || len(nodes[0].done) > 0 || !strings.Contains(last, plural(kills, "death", "deaths")) {
		t.Errorf("n2 was killed %d times, n1 %v: %s", kills, nodes[0].done, last)
	}
}

func TestNodesAreRestartedOneAfterAnother(t *testing.T) {
	b, nodes := vessels("n1", "n2", "n3")
	asked := 0
	ready := func(ctx context.Context) error {
		asked++
		for _, n := range b.nodes {
			if s, err := n.State(ctx); err != nil || s != cluster.Running {
				return errors.New(n.Name() + " does not run")
			}
		}
		return nil
	}
	h := b.run(t, Config{Ready: ready}, 0, "rolling")
	requireOutcomes(t, h, wellDone)
	for _, n := range nodes {
		if !slices.Equal(n.done[:2], []string{"stop", "start"}) {
			t.Errorf("%s: %v", n.name, n.done)
		}
	}
	// These nodes are so quick that the first may be told of before the fault is healed.
	var told []string
	for _, op := range h.Ops {
		told = append(told, op.Value.String())
	}
	text := strings.Join(told, ", ")
	places := []int{strings.Index(text, "n2 restarted"), strings.Index(text, "n1 restarted"), strings.Index(text, "n3 restarted")}
	if asked != 3 || places[0] < 0 || !slices.IsSorted(places) {
		t.Errorf("asked %d times whether it is ready: %s", asked, text)
	}
}

func TestLimitsAreSeenAndLifted(t *testing.T) {
	for shape, want := range map[string]cluster.Limits{
		"cpu": {CPU: 0.1}, "cpu(50%)@all": {CPU: 0.5}, "memory(64MiB)": {Memory: 64 << 20}, "memory": {Memory: 26 << 20},
	} {
		b, nodes := vessels("n1", "n2", "n3")
		n := New(Config{Cluster: b, Recorder: recorder(t)})
		n.strike(t.Context(), planned("process", shape), nil)
		if nodes[1].limits != want {
			t.Errorf("%s: %+v", shape, nodes[1].limits)
		}
		n.heal(t.Context())
		requireOutcomes(t, n.config.Recorder.Snapshot(), wellDone)
		if nodes[1].limits != (cluster.Limits{}) {
			t.Errorf("%s: left %+v", shape, nodes[1].limits)
		}
	}
}

func TestALimitThatTheKernelDoesNotHaveIsNotVerified(t *testing.T) {
	t.Parallel()
	b, nodes := vessels("n1", "n2", "n3")
	nodes[1].free = true
	h := b.run(t, Config{}, 0, "cpu")
	requireOutcomes(t, h, "inject process info; heal process ok")
	if text := h.Ops[1].Error; !strings.Contains(text, "wanted was no more than 10% of a core") {
		t.Error(text)
	}
}

func TestANodeThatDiesOfItsLimitIsStartedAgain(t *testing.T) {
	b, nodes := vessels("n1", "n2", "n3")
	n := New(Config{Cluster: b, Recorder: recorder(t)})
	n.strike(t.Context(), planned("process", "memory"), nil)
	if err := nodes[1].Starve(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.heal(t.Context())
	h := n.config.Recorder.Snapshot()
	requireOutcomes(t, h, wellDone)
	if s, _ := nodes[1].State(t.Context()); s != cluster.Running || !strings.Contains(h.Ops[3].Value.String(), "n2 had died of it") {
		t.Errorf("%s: %v", s, h.Ops[3])
	}
}

func TestOutOfMemoryIsWhatTheKernelSays(t *testing.T) {
	t.Parallel()
	for tough, want := range map[bool]string{false: wellDone, true: "inject process info; heal process ok"} {
		b, nodes := vessels("n1", "n2", "n3")
		nodes[1].tough = tough
		requireOutcomes(t, b.run(t, Config{}, 0, "out-of-memory"), want)
	}
}

func TestHealAllLiftsLimits(t *testing.T) {
	b, nodes := vessels("n1", "n2", "n3")
	n := New(Config{Cluster: b, Recorder: recorder(t)})
	n.strike(t.Context(), planned("process", "cpu@all"), nil)
	if err := n.HealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, v := range nodes {
		if v.limits != (cluster.Limits{}) {
			t.Errorf("%s: left %+v", v.name, v.limits)
		}
	}
}

func TestFollowersAreNotTheLeader(t *testing.T) {
	leaders := func(context.Context) ([]string, error) { return []string{"n3"}, nil }
	for shape, want := range map[string]string{"followers": "n1 n2", "follower": "n2", "leader": "n3", "n1,n3": "n1 n3"} {
		b := newBench("n1", "n2", "n3")
		n := New(Config{Cluster: b, Recorder: recorder(t), Leaders: leaders, Steps: []Step{step(planned("pause", shape))}})
		n.Run(t.Context())
		if fault := n.config.Recorder.Snapshot().Ops[0].Fault; sorted(fault.Nodes) != want {
			t.Errorf("%s: %v", shape, fault)
		}
	}
}

func TestAFaultThatStrikesNobodyIsMissed(t *testing.T) {
	b := newBench("n1", "n2", "n3")
	n := New(Config{Cluster: b, Recorder: recorder(t), Steps: []Step{step(planned("kill", "n8,n9"))}})
	n.Run(t.Context())
	h := n.config.Recorder.Snapshot()
	if got := strings.Join(outcomes(h), "; "); got != "missed info" || !strings.Contains(h.Ops[1].Error, "kill:n8,n9 strikes none of the nodes n1 n2 n3") {
		t.Errorf("%s: %v", got, h.Ops)
	}
}

func TestNeverMoreNodesAreStruckThanAllowed(t *testing.T) {
	b := newBench("n1", "n2", "n3", "n4", "n5")
	turn := 0
	leaders := func(context.Context) ([]string, error) {
		turn++
		return []string{[]string{"n1", "n3", "n4"}[turn%3]}, nil
	}
	spec, err := Parse("kill,pause:all+leader+n1,n5")
	if err != nil {
		t.Fatal(err)
	}
	steps := spec.Plan(3, []string{"n1", "n2", "n3", "n4", "n5"}, Timing{Duration: 60 * time.Millisecond, Hold: time.Millisecond})
	n := New(Config{Cluster: b, Recorder: recorder(t), Leaders: leaders, Steps: steps, Most: 2})
	n.Run(t.Context())
	met := map[string]bool{}
	for _, span := range n.config.Recorder.Snapshot().FaultSpans() {
		for _, node := range span.Fault.Nodes {
			met[node] = true
		}
	}
	if len(met) != 2 {
		t.Errorf("struck were %v", met)
	}
}
