package nemesis

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// shapingBench is a bench whose links do what they are told, unless pretend says
// what they do instead.
type shapingBench struct {
	*bench
	pretend *cluster.Shape
	// answer is what all connections meet with, if not what the rules say.
	answer *cluster.Answer
}

func (b *shapingBench) Measure(_ context.Context, links []cluster.Link, text string) (map[cluster.Link]cluster.Measurement, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := map[cluster.Link]cluster.Measurement{}
	for _, l := range links {
		s := b.rules.Shape[l]
		if b.pretend != nil {
			s = *b.pretend
		}
		m := cluster.Measurement{Sent: 100, Fastest: s.Delay - s.Jitter, Rate: s.Rate}
		m.Arrived = 100 - int(math.Ceil(100*(s.Loss+s.Noise)))
		m.Twice, m.Late = int(math.Ceil(100*s.Duplicate)), int(math.Ceil(100*s.Reorder))
		if s.Tamper.Old != "" && s.Tamper.Old == text {
			m.Changed = m.Arrived
		}
		found[l] = m
	}
	return found, nil
}

func (b *shapingBench) Knock(_ context.Context, links []cluster.Link) (map[cluster.Link]cluster.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := map[cluster.Link]cluster.Answer{}
	for _, l := range links {
		switch {
		case b.answer != nil:
			found[l] = *b.answer
		case b.rules.Reject[l]:
			found[l] = cluster.Refused
		case !b.rules.DropNew[l]:
			found[l] = cluster.Accepted
		}
	}
	return found, nil
}

// Reach is that of the bench, with rejected links and clients.
func (b *shapingBench) Reach(ctx context.Context) (map[cluster.Link]bool, error) {
	reach, err := b.bench.Reach(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.nodes {
		reach[cluster.Link{From: cluster.Clients, To: n.Name()}] = true
	}
	for l := range reach {
		reach[l] = !b.rules.Cuts(l)
	}
	return reach, err
}

func TestEveryNetworkFaultIsSeenInEffectAndHealed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"partition:reject", "partition:new-connections", "partition:clients", "partition:clients@all",
		"partition:n1|n2", "partition:n1>n2(reject)", "partition:halves(new-connections)",
		"packets:delay", "packets:jitter", "packets:loss", "packets:duplicate", "packets:reorder", "packets:corrupt",
		"packets:bandwidth", "packets:satellite", "packets:half-broken-nic@from-leader", "tamper:7=>8",
	} {
		b, r := &shapingBench{bench: newBench("n1", "n2", "n3")}, recorder(t)
		n := New(Config{Cluster: b, Recorder: r, Steps: []Step{step(plannedAs(t, text))}})
		n.Run(t.Context())
		family, _, _ := strings.Cut(text, ":")
		h := r.Snapshot()
		if got, want := strings.Join(outcomes(h), "; "), "inject "+family+" ok; heal "+family+" ok"; got != want {
			t.Errorf("%s: %s, want %s: %v", text, got, want, h.Ops)
		}
		if fault := h.Ops[0].Fault; len(fault.Nodes) == 0 || fault.Detail == "" {
			t.Errorf("%s: %+v", text, fault)
		}
		if err := n.HealAll(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func plannedAs(t *testing.T, text string) Planned {
	t.Helper()
	spec, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return planned(spec.Families[0].Name, spec.Families[0].Shapes[0])
}

func TestWhatDoesNotHappenToPacketsIsNotVerified(t *testing.T) {
	harmless := cluster.Shape{}
	for text, want := range map[string]string{
		"delay": "takes 0s, not at least 100ms", "loss": "no packet is lost", "duplicate": "no packet arrives twice",
		"reorder": "no packet is overtaken", "corrupt": "no packet is lost",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			b, r := &shapingBench{bench: newBench("n1", "n2", "n3"), pretend: &harmless}, recorder(t)
			New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("packets", text))}}).Run(t.Context())
			h := r.Snapshot()
			if got := outcomes(h)[0]; got != "inject packets info" || !strings.Contains(h.Ops[1].Error, want) {
				t.Errorf("%s: %s, want %s", got, h.Ops[1].Error, want)
			}
		})
	}
}

func TestVolleysContradictShapes(t *testing.T) {
	const ms = time.Millisecond
	tampering := cluster.Shape{Tamper: cluster.Replacement{Old: "a", New: "b"}}
	for _, c := range []struct {
		shape cluster.Shape
		found cluster.Measurement
		want  string
	}{
		{cluster.Shape{}, cluster.Measurement{Sent: 9, Arrived: 9, Fastest: ms}, ""},
		{cluster.Shape{}, cluster.Measurement{Sent: 9, Arrived: 9, Fastest: 50 * ms}, "takes 50ms"},
		{cluster.Shape{}, cluster.Measurement{Sent: 9, Arrived: 8}, "loses 1 of 9"},
		{cluster.Shape{}, cluster.Measurement{Sent: 9}, "lets nothing pass"},
		{cluster.Shape{}, cluster.Measurement{Sent: 9, Arrived: 9, Twice: 1}, "doubles 1 of 9"},
		{cluster.Shape{}, cluster.Measurement{Sent: 9, Arrived: 9, Changed: 2}, "changes 2 of 9"},
		{cluster.Shape{Loss: 1}, cluster.Measurement{Sent: 9}, ""},
		{cluster.Shape{Delay: 50 * ms, Jitter: 10 * ms}, cluster.Measurement{Sent: 9, Arrived: 9, Fastest: 40 * ms}, ""},
		{cluster.Shape{Delay: 50 * ms, Jitter: 10 * ms}, cluster.Measurement{Sent: 9, Arrived: 9, Fastest: 39 * ms}, "not at least 40ms"},
		{cluster.Shape{Delay: 50 * ms}, cluster.Measurement{Sent: 9, Arrived: 9, Fastest: 90 * ms}, "takes 90ms"},
		{cluster.Shape{Rate: 1000}, cluster.Measurement{Sent: 9, Arrived: 7, Rate: 1100, Fastest: 90 * ms}, ""},
		{cluster.Shape{Rate: 1000}, cluster.Measurement{Sent: 9, Arrived: 9, Rate: 9000}, "carries 9000 bytes a second, not 1000"},
		{tampering, cluster.Measurement{Sent: 9, Arrived: 9, Changed: 9}, ""},
		{tampering, cluster.Measurement{Sent: 9, Arrived: 9, Changed: 8}, "leaves 1 of 9"},
	} {
		got := steady(c.shape, c.found)
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v under %+v: %q, want %q", c.found, c.shape, got, c.want)
		}
	}
}

func TestConnectionsThatAreAcceptedAreNotCut(t *testing.T) {
	t.Parallel()
	accepted := cluster.Accepted
	b, r := &shapingBench{bench: newBench("n1", "n2", "n3"), answer: &accepted}, recorder(t)
	New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("partition", "new-connections"))}}).Run(t.Context())
	h := r.Snapshot()
	if got := outcomes(h)[0]; got != "inject partition info" || !strings.Contains(h.Ops[1].Error, "meets with: accepted, not: silence") {
		t.Errorf("%s: %s", got, h.Ops[1].Error)
	}
}

// watchedBench counts how often the network was cut.
type watchedBench struct {
	*shapingBench
	cut, open atomic.Int32
}

func (b *watchedBench) SetRules(ctx context.Context, r cluster.Rules) error {
	if len(r.Drop) > 0 {
		b.cut.Add(1)
	} else {
		b.open.Add(1)
	}
	return b.shapingBench.SetRules(ctx, r)
}

func TestAFlappingPartitionComesAndGoes(t *testing.T) {
	b, r := &watchedBench{shapingBench: &shapingBench{bench: newBench("n1", "n2", "n3")}}, recorder(t)
	long := step(planned("partition", "one(50ms)"))
	long.Hold = time.Hour
	n := New(Config{Cluster: b, Recorder: r, Steps: []Step{long}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.Run(ctx) }()
	for b.cut.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
	h := r.Snapshot()
	if got := strings.Join(outcomes(h), "; "); got != "inject partition ok; heal partition ok" || b.open.Load() < 3 || len(b.rules.Drop) > 0 {
		t.Errorf("%s; open %d times, at the end %v", got, b.open.Load(), b.rules.Drop)
	}
	if fault := h.Ops[0].Fault; !strings.Contains(fault.Detail, "on and off every 50ms") || len(fault.Sides) != 2 {
		t.Errorf("%+v", fault)
	}
}

func TestFaultsThatHoldAfterARestartAreInTheHistory(t *testing.T) {
	b, r := &shapingBench{bench: newBench("n1", "n2", "n3")}, recorder(t)
	faults := step(planned("partition", "one"), planned("kill", "one"))
	New(Config{Cluster: b, Recorder: r, Steps: []Step{faults}}).Run(t.Context())
	h := r.Snapshot()
	want := "inject partition ok; inject kill ok; heal kill ok; reapply partition ok; heal partition ok"
	if got := strings.Join(outcomes(h), "; "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, op := range h.Ops {
		if op.F == history.Reapply && (op.Fault.ID != 1 || !strings.Contains(op.Value.String(), "n2 started again")) {
			t.Errorf("%+v", op)
		}
	}
	if spans := h.FaultSpans(); len(spans) != 2 || !spans[0].Verified || !spans[0].Healed || len(spans[0].Ops) != 4 {
		t.Errorf("%+v", spans)
	}
}

func TestShapesNeedWhatTheyDo(t *testing.T) {
	can := cluster.Capabilities{cluster.CanPartition: nil, cluster.CanDelay: nil}
	for text, want := range map[string]string{
		"packets:delay@all": "", "packets:delay&loss": "loss", "partition:one(reject)": "reject",
		"partition:new-connections": "new-connections", "partition:clients": "clients", "partition": "", "tamper:a=>b": "tamper",
		"packets:lossy-wifi": "loss",
	} {
		spec, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		err = spec.Supports(can)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want+": not offered") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
