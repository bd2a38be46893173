//go:build linux

package nemesis_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/nemesis/footprint"
)

// No fault, whichever there is, touches the machine itself, its rules for packets,
// settings, mounts and clock, or a cluster that is not its own: neither while it
// holds nor thereafter.
func TestFaultsTouchNothingButTheirOwnCluster(t *testing.T) {
	m := lookAtMachine(t)
	bystander := startDemo(t)
	c := startDemoWith(t, cluster.Options{Disks: true})
	m.requireEngineHere(t)
	writeAllTheTime(t, c)
	for _, text := range everyFault(t) {
		t.Run(text, func(t *testing.T) {
			if strings.HasPrefix(text, "disk:") {
				anew(t, c) // or it does not write where it has lost something
			}
			h := strikeWhile(t, c, text, func() {
				m.requireUntouched(t, "while the fault holds")
				requireAtPeace(t, bystander)
			})
			m.requireUntouched(t, "after the fault was healed")
			for _, span := range h.FaultSpans() {
				if !span.Verified || !span.Healed {
					t.Errorf("%+v", span)
				}
			}
		})
	}
	requireAtPeace(t, bystander)
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	m.requireUntouched(t, "after the cluster was removed")
}

// everyFault is one specification for each shape of each family that does something
// of its own: neither whom a fault strikes changes what it does to them, nor in which
// combination it does.
func everyFault(t *testing.T) []string {
	t.Helper()
	places := []string{"minority", "majority", "all", "leader", "follower", "followers", "n1,n3"}
	var texts []string
	for _, d := range nemesis.All() {
		before := len(texts)
		for _, s := range d.Shapes {
			text := d.Name + ":" + s.Name
			combined := d.Name == "packets" && s.OnRequest
			if _, err := nemesis.Parse(text); err == nil && !combined && !slices.Contains(places, s.Name) {
				texts = append(texts, text)
			}
		}
		if len(texts) == before {
			t.Errorf("family %s: no fault to try", d.Name)
		}
	}
	return texts
}

// strikeWhile lets a fault strike, does something while it holds, and heals it.
func strikeWhile(t *testing.T, c cluster.Cluster, text string, while func()) *history.History {
	t.Helper()
	spec, err := nemesis.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Supports(c.Capabilities()); err != nil {
		t.Skip(err)
	}
	began := time.Now()
	recorder, err := history.Create("", func() time.Duration { return time.Since(began) })
	if err != nil {
		t.Fatal(err)
	}
	defer recorder.Close()
	family := spec.Families[0]
	n := nemesis.New(nemesis.Config{
		Cluster: c, Recorder: recorder,
		Steps: []nemesis.Step{{Hold: time.Hour, Faults: []nemesis.Planned{
			{Family: family.Name, Shape: family.Shapes[0], Order: []string{"n2", "n1", "n3"}},
		}}},
		Time: func(ctx context.Context, node cluster.Node) (time.Time, error) {
			return demo.New().Time(ctx, node, cluster.Config{})
		},
	})
	ctx, heal := context.WithCancel(t.Context())
	defer heal()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.Run(ctx)
	}()
	awaitInjected(t, recorder)
	while()
	heal()
	<-ended
	if err := n.HealAll(t.Context()); err != nil {
		t.Error(err)
	}
	return recorder.Snapshot()
}

// awaitInjected waits until a fault is in force, or could not be injected.
func awaitInjected(t *testing.T, r *history.Recorder) {
	t.Helper()
	for late := time.Now().Add(time.Minute); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		for _, op := range r.Snapshot().Ops {
			if op.F == history.Inject && op.Type != history.Invoke {
				return
			}
		}
	}
	t.Error("no fault was injected within a minute")
}

// requireAtPeace looks at a cluster that nobody is to touch.
func requireAtPeace(t *testing.T, c cluster.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, n := range c.Nodes() {
		if s, err := n.State(ctx); err != nil || s != cluster.Running {
			t.Errorf("bystander %s is %s, %v", n.Name(), s, err)
		}
		usage, err := n.(cluster.Limited).Usage(ctx)
		if err != nil || usage.Limits != (cluster.Limits{}) {
			t.Errorf("bystander %s has limits %+v, %v", n.Name(), usage.Limits, err)
		}
	}
	var cut []cluster.Link
	for deadline := time.Now().Add(5 * time.Second); ; { // a packet may be late
		reach, err := c.(cluster.Network).Reach(ctx)
		if err != nil {
			t.Error(err)
		}
		maps.DeleteFunc(reach, func(_ cluster.Link, arrives bool) bool { return arrives })
		if cut = slices.Collect(maps.Keys(reach)); len(cut) == 0 || time.Now().After(deadline) {
			break
		}
	}
	if len(cut) > 0 {
		t.Errorf("bystanders are cut off: %v", cut)
	}
	clocks, err := c.(cluster.Clocks).ReadClocks(ctx)
	if can := c.Capabilities().Supports(cluster.CanClock); (err == nil) != (can == nil) {
		t.Errorf("clocks: %v, %v", err, can)
	}
	for name, r := range clocks {
		if r.Least != 0 || r.Most != 0 {
			t.Errorf("the clock of bystander %s is wrong: %+v", name, r)
		}
	}
	if err := demo.New().Ready(ctx, c, cluster.Config{}); err != nil {
		t.Errorf("bystanders: %v", err)
	}
}

// machine is this one, as it was found.
type machine struct{ before footprint.Footprint }

// lookAtMachine skips the test where not all of the machine can be seen.
func lookAtMachine(t *testing.T) machine {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only the superuser can see the machine's rules for packets")
	}
	before, err := footprint.Take(t.Context())
	if err != nil {
		t.Skip(err)
	}
	return machine{before}
}

// requireEngineHere skips the test if the engine's containers, of which one agent
// runs, are on another machine.
func (m machine) requireEngineHere(t *testing.T) {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(names, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && strings.TrimSpace(string(text)) == "assay-agent"
	}) {
		t.Skip("the engine runs on another machine")
	}
}

func (m machine) requireUntouched(t *testing.T, when string) {
	t.Helper()
	after, err := footprint.Take(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, difference := range after.Differences(m.before) {
		t.Errorf("%s: %s", when, difference)
	}
}
