package nemesis

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

func TestScriptsThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "breaks nothing",
		"at 10s heal":                         "breaks nothing",
		"partition leader":                    "begin with",
		"at noon kill":                        "begin with",
		"after 10 kill":                       "begin with",
		"at 5 writes kill":                    "begin with",
		"at 10s":                              "say what happens",
		"at 10s explode":                      "no such nemesis",
		"at 10s kill nowhere":                 "no such shape",
		"at 10s kill one; at 12s heal rumour": "is no family",
		"at 10s kill one+all":                 "one shape",
		"at 10s kill; at 5s heal":             "in the order of their times",
		"at 1s tamper":                        "needs to be told more",
	} {
		if _, err := ParseScript(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAScriptSaysWhatItNeeds(t *testing.T) {
	s, err := ParseScript("at 10s partition leader; after 3 writes kill:n1,n3 # both\n\nat 20s heal kill; at 25s process cpu(5%)@n1\nafter leader-change partition one")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Spec().String(); got != "partition:leader+one,kill:n1,n3,process:cpu(5%)@n1" {
		t.Error(got)
	}
	nodes := []string{"n1", "n2", "n3", "n4", "n5"}
	if a, b := s.Cast(4, nodes), s.Cast(4, nodes); !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, s.Cast(5, nodes)) {
		t.Error("the dice do not follow the seed")
	}
}

// perform executes a script on a bench.
func perform(t *testing.T, b *bench, c Config, text string, enough time.Duration) *Nemesis {
	t.Helper()
	s, err := ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	c.Cluster, c.Recorder, c.Script = b, recorder(t), s.Cast(1, []string{"n1", "n2", "n3"})
	n := New(c)
	ctx, cancel := context.WithTimeout(t.Context(), enough)
	defer cancel()
	n.Run(ctx)
	return n
}

func TestFaultsOverlapAsTheScriptSays(t *testing.T) {
	b := newBench("n1", "n2", "n3")
	n := perform(t, b, Config{}, "at 0s partition one; after 1ms pause n1; after 1ms kill n2; after 1ms heal pause; after 1ms heal", 5*time.Second)
	want := "inject partition ok; inject pause ok; inject kill ok; heal pause ok; heal kill ok; reapply partition ok; heal partition ok"
	if got := strings.Join(outcomes(n.config.Recorder.Snapshot()), "; "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestAScriptWaitsForWritesAndLeaders(t *testing.T) {
	b := newBench("n1", "n2", "n3")
	var writes, asked atomic.Int64
	c := Config{
		Writes: func() int { return int(writes.Add(1)) },
		Leaders: func(context.Context) ([]string, error) {
			if asked.Add(1) < 4 {
				return []string{"n1"}, nil
			}
			return []string{"n3"}, nil
		},
	}
	n := perform(t, b, c, "after 5 writes kill n1; after leader-change pause leader", time.Second)
	h := n.config.Recorder.Snapshot()
	if got := strings.Join(outcomes(h), "; "); !strings.HasPrefix(got, "inject kill ok; inject pause ok") {
		t.Error(got)
	}
	if spans := h.FaultSpans(); writes.Load() < 6 || asked.Load() < 4 || sorted(spans[1].Fault.Nodes) != "n3" {
		t.Errorf("%d writes, asked %d times: %v", writes.Load(), asked.Load(), spans)
	}
}

func TestWhatAScriptDidNotComeToIsMissed(t *testing.T) {
	b := newBench("n1", "n2", "n3")
	quiet := Config{Writes: func() int { return 0 }}
	n := perform(t, b, quiet, "at 0s pause one; after 5 writes kill one; at 1s heal; at 2s partition ring", 100*time.Millisecond)
	h := n.config.Recorder.Snapshot()
	if got := strings.Join(outcomes(h), "; "); got != "inject pause ok; missed info; missed info; heal pause ok" {
		t.Error(got)
	}
	if cover := h.Coverage(); len(cover) != 3 || cover[1].Fault != "kill" || cover[2].Shape != "ring" || !strings.Contains(h.Ops[3].Error, "5 writes were to be acknowledged first") {
		t.Errorf("%+v %v", cover, h.Ops[3])
	}
	n = perform(t, b, Config{}, "after leader-change kill one", 100*time.Millisecond)
	if text := n.config.Recorder.Snapshot().Ops[1].Error; !strings.Contains(text, "cannot tell who leads") {
		t.Error(text)
	}
	for _, node := range b.nodes {
		if s, _ := node.State(t.Context()); s != cluster.Running {
			t.Errorf("%s is %s", node.Name(), s)
		}
	}
}

func TestAScriptWaitsForSnapshots(t *testing.T) {
	b := newBench("n1", "n2", "n3")
	var mu sync.Mutex
	asked := map[string]int{}
	// n1 has been started again, n2 does not answer at first, and n3 saves a snapshot.
	count := func(_ context.Context, node cluster.Node) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		asked[node.Name()]++
		times := asked[node.Name()]
		switch {
		case node.Name() == "n1":
			return max(0, 9-times), nil
		case node.Name() == "n2" && times < 4:
			return 0, errors.New("connection refused")
		case node.Name() == "n2":
			return 7, nil
		case times < 8:
			return 3, nil
		}
		return 4, nil
	}
	n := perform(t, b, Config{Snapshots: count}, "after snapshot kill n1; after 1ms heal", time.Second)
	if got := strings.Join(outcomes(n.config.Recorder.Snapshot()), "; "); got != "inject kill ok; heal kill ok" {
		t.Error(got)
	}
	if asked["n3"] != 8 {
		t.Errorf("struck after n3 was asked %d times", asked["n3"])
	}
	n = perform(t, b, Config{}, "after snapshot kill n1; after 1ms heal", 50*time.Millisecond)
	ops := n.config.Recorder.Snapshot().Ops
	if got := strings.Join(outcomes(n.config.Recorder.Snapshot()), "; "); got != "missed info" || !strings.Contains(ops[1].Error, "cannot tell when its nodes save snapshots") {
		t.Errorf("%s: %v", got, ops)
	}
}
