package world_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/virtual"
	"github.com/assaykit/assay/harness/sim/world"
)

// diary is an actor that writes down what clients say, and tells all nodes. What
// it is asked about itself it answers at once.
type diary struct{}

type pages struct {
	Own    []string
	Heard  []string
	Alarms int
}

type word struct {
	Text string `json:"text"`
	// Padding makes messages long enough to be corrupted.
	Padding []byte `json:"padding"`
}

func (diary) Start(c actor.Context[word], durable [][]byte) pages {
	var p pages
	for _, line := range durable {
		p.Own = append(p.Own, string(line))
	}
	return p
}

func (diary) Receive(_ actor.Context[word], p *pages, from actor.ID, m word) {
	p.Heard = append(p.Heard, fmt.Sprint(from, ":", m.Text))
}

func (diary) Timer(_ actor.Context[word], p *pages, name string) { p.Alarms++ }

func (diary) Request(c actor.Context[word], p *pages, request uint64, body []byte) {
	switch text := string(body); {
	case text == "own?":
		c.Reply(request, []byte(strings.Join(p.Own, " ")))
	case text == "heard?":
		c.Reply(request, []byte(strings.Join(p.Heard, " ")))
	case text == "alarms?":
		c.Reply(request, []byte(fmt.Sprint(p.Alarms)))
	case text == "time?":
		c.Reply(request, []byte(c.WallClock().String()))
	case text == "alarm":
		c.SetTimer("alarm", time.Second)
		c.SetTimer("never", time.Minute)
		c.CancelTimer("never")
		c.SetTimer("alarm", 2*time.Second)
		c.Reply(request, []byte("set"))
	case text == "die":
		panic("asked to")
	default:
		p.Own = append(p.Own, text)
		c.Persist(body)
		for _, peer := range c.Peers() {
			c.Send(peer, word{Text: text, Padding: make([]byte, 100)})
		}
		c.Reply(request, []byte("written"))
	}
}

// in lets something happen in a world of three nodes.
func in(t *testing.T, h world.Habits, change func(*world.Config), do func(ctx context.Context, w *world.World)) {
	t.Helper()
	program, err := world.Of(diary{}, h)
	if err != nil {
		t.Fatal(err)
	}
	c := world.Config{Time: virtual.New(), Seed: 1, Nodes: 3, Program: program}
	if change != nil {
		change(&c)
	}
	ctx := clock.With(context.Background(), c.Time)
	if err := c.Time.Run(func() { do(ctx, world.New(c)) }); err != nil {
		t.Fatal(err)
	}
}

// ask asks a node within a second.
func ask(ctx context.Context, n cluster.Node, what string) (string, error) {
	ctx, cancel := clock.WithTimeout(ctx, time.Second)
	defer cancel()
	c := n.(cluster.Direct).Connect()
	answer, err := c.Request(ctx, []byte(what))
	return string(answer), err
}

func expect(t *testing.T, ctx context.Context, n cluster.Node, what, want string) {
	t.Helper()
	got, err := ask(ctx, n, what)
	if err != nil || got != want {
		t.Errorf("%s, asked %q, says %q (%v), not %q", n.Name(), what, got, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestWhatWasAcknowledgedOutlivesAKill(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		n := w.Nodes()[0]
		expect(t, ctx, n, "hello", "written")
		must(t, n.Kill(ctx))
		if _, err := ask(ctx, n, "own?"); !errors.Is(err, cluster.ErrUnsent) {
			t.Errorf("a node that was killed: %v", err)
		}
		must(t, n.Start(ctx))
		expect(t, ctx, n, "own?", "hello")
		expect(t, ctx, n, "heard?", "")
		expect(t, ctx, w.Nodes()[1], "heard?", "n1:hello")
	})
}

func TestNoSyncLosesWhatIsYoungerThanASecond(t *testing.T) {
	in(t, world.Habits{NoSync: true}, nil, func(ctx context.Context, w *world.World) {
		n := w.Nodes()[0]
		expect(t, ctx, n, "old", "written")
		clock.Sleep(ctx, 1200*time.Millisecond)
		expect(t, ctx, n, "young", "written")
		must(t, n.Kill(ctx))
		must(t, n.Start(ctx))
		expect(t, ctx, n, "own?", "old")
		expect(t, ctx, n, "young", "written")
		_, err := n.(cluster.Stopper).Stop(ctx, time.Second)
		must(t, err)
		must(t, n.Start(ctx))
		expect(t, ctx, n, "own?", "old young")
	})
}

// A request in the middle of a sync is either durable after a kill, or not; its
// client does not know in both cases.
func TestAKillInTheMiddleOfASync(t *testing.T) {
	durable := map[bool]int{}
	for seed := range int64(20) {
		change := func(c *world.Config) {
			c.Seed, c.Weather.FastestSync, c.Weather.SlowestSync = seed, 10*time.Millisecond, 10*time.Millisecond
		}
		in(t, world.Habits{}, change, func(ctx context.Context, w *world.World) {
			n := w.Nodes()[0]
			g := clock.NewGroup(ctx)
			g.Go(func() {
				if answer, err := ask(ctx, n, "hello"); err == nil || errors.Is(err, cluster.ErrUnsent) {
					t.Errorf("the client got %q and %v", answer, err)
				}
			})
			clock.Sleep(ctx, 5*time.Millisecond)
			must(t, n.Kill(ctx))
			g.Wait()
			must(t, n.Start(ctx))
			own, err := ask(ctx, n, "own?")
			must(t, err)
			durable[own == "hello"]++
			expect(t, ctx, w.Nodes()[1], "heard?", "")
		})
	}
	if durable[true] == 0 || durable[false] == 0 {
		t.Errorf("of twenty kills %d lost nothing, %d the record", durable[true], durable[false])
	}
}

func TestPartitionsCutBothWaysOrOne(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		cut := cluster.Link{From: "n1", To: "n2"}
		must(t, w.SetRules(ctx, cluster.Rules{Drop: map[cluster.Link]bool{cut: true}}))
		expect(t, ctx, w.Nodes()[0], "lost", "written")
		expect(t, ctx, w.Nodes()[1], "answer", "written")
		clock.Sleep(ctx, time.Second)
		expect(t, ctx, w.Nodes()[0], "heard?", "n2:answer")
		expect(t, ctx, w.Nodes()[1], "heard?", "")
		expect(t, ctx, w.Nodes()[2], "heard?", "n1:lost n2:answer")
		reach, err := w.Reach(ctx)
		must(t, err)
		if reach[cut] || !reach[cluster.Link{From: "n2", To: "n1"}] {
			t.Errorf("seen is %v", reach)
		}
	})
}

func TestClientsThatAreCutOff(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		away := cluster.Link{From: cluster.Clients, To: "n1"}
		must(t, w.SetRules(ctx, cluster.Rules{Drop: map[cluster.Link]bool{away: true}}))
		if _, err := ask(ctx, w.Nodes()[0], "own?"); !errors.Is(err, cluster.ErrUnsent) {
			t.Errorf("a request that was never sent: %v", err)
		}
		expect(t, ctx, w.Nodes()[1], "own?", "")
	})
}

func TestAPausedNodeFindsEverythingWhenItGoesOn(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		n := w.Nodes()[1]
		expect(t, ctx, n, "alarm", "set")
		must(t, n.Pause(ctx))
		expect(t, ctx, w.Nodes()[0], "hello", "written")
		if _, err := ask(ctx, n, "silence"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, cluster.ErrUnsent) {
			t.Errorf("a node that stands still: %v", err)
		}
		clock.Sleep(ctx, 5*time.Second)
		must(t, n.Resume(ctx))
		clock.Sleep(ctx, 10*time.Millisecond)
		expect(t, ctx, n, "heard?", "n1:hello")
		expect(t, ctx, n, "own?", "silence")
		expect(t, ctx, n, "alarms?", "1")
	})
}

func TestTimersGoOffOnceAndNotBeforeTheirTime(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		n := w.Nodes()[0]
		expect(t, ctx, n, "alarm", "set")
		clock.Sleep(ctx, 1900*time.Millisecond)
		expect(t, ctx, n, "alarms?", "0")
		clock.Sleep(ctx, 200*time.Millisecond)
		expect(t, ctx, n, "alarms?", "1")
		clock.Sleep(ctx, 2*time.Minute)
		expect(t, ctx, n, "alarms?", "1")
	})
}

func TestClocksAreWrong(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		now := clock.Now(ctx)
		must(t, w.SetClocks(ctx, map[string]cluster.Skew{
			"n1": {Offset: time.Hour}, "n2": {Drift: -1_000_000, Since: now}, "n3": {Offset: time.Hour, Strobe: time.Minute, Since: now},
		}))
		clock.Sleep(ctx, 90*time.Second)
		readings, err := w.ReadClocks(ctx)
		must(t, err)
		for node, want := range map[string]time.Duration{"n1": time.Hour, "n2": -90 * time.Second, "n3": 0} {
			if got := readings[node].Least; got != want {
				t.Errorf("%s is %s ahead, not %s", node, got, want)
			}
		}
		told, err := ask(ctx, w.Nodes()[0], "time?")
		must(t, err)
		if d, _ := time.ParseDuration(told); (d - time.Duration(clock.Now(ctx).UnixNano()) - time.Hour).Abs() > time.Second {
			t.Errorf("the actor is told %s", told)
		}
	})
}

// Who checks sums drops what was changed; who does not, believes it.
func TestCorruption(t *testing.T) {
	everything := map[cluster.Link]float64{{From: "n1", To: "n2"}: 1}
	for _, bad := range []bool{false, true} {
		in(t, world.Habits{NoChecksum: bad}, nil, func(ctx context.Context, w *world.World) {
			must(t, w.SetRules(ctx, cluster.Rules{Corrupt: everything}))
			for range 20 {
				expect(t, ctx, w.Nodes()[0], "1111111111111111111111111111111111111111", "written")
			}
			clock.Sleep(ctx, time.Second)
			heard, err := ask(ctx, w.Nodes()[1], "heard?")
			must(t, err)
			wrong := strings.Count(heard, "10") + strings.Count(heard, "01")
			if !bad && heard != "" || bad && wrong == 0 {
				t.Errorf("without checksums: %t, heard %q", bad, heard)
			}
			counts, err := w.Corrupted(ctx)
			must(t, err)
			if counts[cluster.Link{From: "n1", To: "n2"}] < 10 {
				t.Errorf("counted %v", counts)
			}
		})
	}
}

// Which messages of a link are hit does not depend on what passes over others.
func TestCorruptionIsAMatterOfOneLink(t *testing.T) {
	heard := func(others int) (fromFirst []string) {
		in(t, world.Habits{NoChecksum: true}, nil, func(ctx context.Context, w *world.World) {
			links := map[cluster.Link]float64{{From: "n1", To: "n2"}: 0.5, {From: "n3", To: "n2"}: 0.5}
			must(t, w.SetRules(ctx, cluster.Rules{Corrupt: links}))
			for i := range 20 {
				expect(t, ctx, w.Nodes()[0], fmt.Sprint("word", i), "written")
				for range others {
					expect(t, ctx, w.Nodes()[2], "other", "written")
				}
			}
			clock.Sleep(ctx, time.Second)
			all, err := ask(ctx, w.Nodes()[1], "heard?")
			must(t, err)
			for _, word := range strings.Fields(all) {
				if strings.HasPrefix(word, "n1:") {
					fromFirst = append(fromFirst, word)
				}
			}
		})
		return fromFirst
	}
	alone := heard(0)
	if len(alone) == 0 || len(alone) == 20 {
		t.Fatalf("n2 heard %v of 20 words, half of which were to be changed", alone)
	}
	for _, others := range []int{1, 3} {
		if got := heard(others); !slices.Equal(got, alone) {
			t.Errorf("among %d others, n2 heard %v, and %v without them", others, got, alone)
		}
	}
}

func TestFatesThatAreGiven(t *testing.T) {
	tr := &trace.Trace{Nodes: []string{"n1", "n2", "n3"}, Clients: []string{world.Observer}}
	change := func(c *world.Config) {
		c.Fated, c.Trace = true, tr
		c.Fates = map[world.Message]world.Fate{
			{From: "n1", To: "n2", Number: 1}: {Lost: true},
			{From: "n1", To: "n2", Number: 2}: {Repeat: true},
			{From: "n1", To: "n3", Number: 1}: {Late: 10 * time.Second},
		}
	}
	in(t, world.Habits{}, change, func(ctx context.Context, w *world.World) {
		expect(t, ctx, w.Nodes()[0], "a", "written")
		expect(t, ctx, w.Nodes()[0], "b", "written")
		clock.Sleep(ctx, time.Second)
		expect(t, ctx, w.Nodes()[1], "heard?", "n1:b n1:b")
		expect(t, ctx, w.Nodes()[2], "heard?", "n1:b")
		clock.Sleep(ctx, 10*time.Second)
		expect(t, ctx, w.Nodes()[2], "heard?", "n1:b n1:a")
	})
	if err := tr.Verify(); err != nil {
		t.Error(err)
	}
	for _, k := range []trace.Kind{trace.Send, trace.Deliver, trace.Drop, trace.Duplicate} {
		if !strings.Contains(kindsOf(tr), k.String()) {
			t.Errorf("no %s in the trace", k)
		}
	}
}

func kindsOf(t *trace.Trace) string {
	var all []string
	for _, e := range t.Events {
		all = append(all, e.Kind.String())
	}
	return strings.Join(all, " ")
}

func TestShapesAreMeasuredAsTheyAre(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		l := cluster.Link{From: "n1", To: "n2"}
		shape := cluster.Shape{Delay: 50 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.5, Duplicate: 0.5}
		must(t, w.SetRules(ctx, cluster.Rules{Shape: map[cluster.Link]cluster.Shape{l: shape}}))
		found, err := w.Measure(ctx, []cluster.Link{l, {From: "n2", To: "n1"}}, "")
		must(t, err)
		m, healthy := found[l], found[cluster.Link{From: "n2", To: "n1"}]
		if m.Fastest < 40*time.Millisecond || m.Arrived == 0 || m.Arrived == m.Sent || m.Twice == 0 {
			t.Errorf("measured %+v", m)
		}
		if healthy.Arrived != healthy.Sent || healthy.Fastest > 5*time.Millisecond {
			t.Errorf("a link without faults: %+v", healthy)
		}
	})
}

func TestAPanicEndsTheProcess(t *testing.T) {
	in(t, world.Habits{}, nil, func(ctx context.Context, w *world.World) {
		n := w.Nodes()[0]
		expect(t, ctx, n, "hello", "written")
		if _, err := ask(ctx, n, "die"); err == nil || errors.Is(err, cluster.ErrUnsent) {
			t.Errorf("the client was told %v", err)
		}
		state, err := n.State(ctx)
		must(t, err)
		if state != cluster.Stopped {
			t.Errorf("the node is %s", state)
		}
		var log strings.Builder
		must(t, n.Logs(ctx, &log))
		if !strings.Contains(log.String(), "panic: asked to") {
			t.Errorf("the log does not tell: %s", log.String())
		}
		must(t, n.Start(ctx))
		expect(t, ctx, n, "own?", "hello")
	})
}
