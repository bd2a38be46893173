package nemesis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// diskBench is a cluster whose disks do at once what they are told to, to nodes that
// use them all the time.
type diskBench struct {
	*bench

	mu       sync.Mutex
	readings map[string]cluster.DiskReading
	// broken makes all of it answer without doing anything.
	broken bool
	damage []cluster.DamageKind
	// fragile nodes stop when their disk fails, and do not start with damaged files.
	fragile bool
	torn    bool
}

func newDiskBench() *diskBench {
	b := &diskBench{bench: newBench("n1", "n2", "n3"), readings: map[string]cluster.DiskReading{}}
	for _, n := range b.nodes {
		b.readings[n.Name()] = cluster.DiskReading{Covered: true, Unsynced: 3}
	}
	return b
}

func (b *diskBench) Capabilities() cluster.Capabilities {
	all := maps.Clone(b.bench.Capabilities())
	all[cluster.CanDisk] = nil
	return all
}

func (b *diskBench) SetDisks(_ context.Context, faults map[string]cluster.DiskFaults) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken {
		return nil
	}
	for node, r := range b.readings {
		r.Faults = faults[node]
		b.readings[node] = r
	}
	return nil
}

func (b *diskBench) ReadDisks(context.Context, ...string) (map[string]cluster.DiskReading, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.nodes {
		b.readings[n.Name()] = b.used(n.(*benchNode), b.readings[n.Name()])
	}
	return maps.Clone(b.readings), nil
}

// used is a disk on which its node has done everything once.
func (b *diskBench) used(n *benchNode, r cluster.DiskReading) cluster.DiskReading {
	f := r.Faults
	for _, c := range []struct {
		struck bool
		count  *uint64
	}{
		{f.ReadFails+f.WriteFails+f.SyncFails > 0, &r.Counts.Failed}, {f.Full, &r.Counts.Refused},
		{f.Flips > 0, &r.Counts.Flipped}, {f.Lies, &r.Counts.Lied}, {f.Delay+f.SyncDelay > 0, &r.Counts.Delayed},
	} {
		if c.struck {
			*c.count++
			if b.fragile {
				n.become(cluster.Stopped)
			}
		}
	}
	return r
}

func (b *diskBench) FailPower(_ context.Context, nodes []string, torn bool) (map[string]cluster.DiskLoss, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	losses := map[string]cluster.DiskLoss{}
	if b.broken {
		return losses, nil
	}
	b.torn = torn
	for _, n := range b.nodes {
		if !slices.Contains(nodes, n.Name()) {
			continue
		}
		if n.(*benchNode).state != cluster.Stopped {
			return nil, errors.New(n.Name() + " runs")
		}
		r := b.readings[n.Name()]
		losses[n.Name()] = cluster.DiskLoss{Files: 1, Lost: r.Unsynced}
		r.Unsynced = 0
		r.Counts.PowerFailures++
		b.readings[n.Name()] = r
	}
	return losses, nil
}

func (b *diskBench) DamageFiles(_ context.Context, nodes []string, d cluster.FileDamage) (map[string][]cluster.FileChange, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.damage = append(b.damage, d.Kind)
	changes := map[string][]cluster.FileChange{}
	if b.broken || d.Kind == cluster.Remember || d.Kind == cluster.Repair {
		for _, n := range b.nodes {
			n.(*benchNode).stuck = false
		}
		return changes, nil
	}
	for _, n := range b.nodes {
		if slices.Contains(nodes, n.Name()) {
			changes[n.Name()] = []cluster.FileChange{{File: "wal", How: "is worse"}}
			n.(*benchNode).stuck = b.fragile
		}
	}
	return changes, nil
}

func runDisk(t *testing.T, b *diskBench, shapes ...string) *history.History {
	t.Helper()
	r := recorder(t)
	var steps []Step
	for _, shape := range shapes {
		if _, err := Parse("disk:" + shape); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step(planned("disk", shape)))
	}
	n := New(Config{Cluster: b, Recorder: r, Steps: steps})
	n.disks.refusing = time.Millisecond
	n.Run(t.Context())
	if err := n.HealAll(t.Context()); err != nil {
		t.Error(err)
	}
	return r.Snapshot()
}

func TestDisksAreBrokenVerifiedAndHealed(t *testing.T) {
	t.Parallel()
	for _, fragile := range []bool{false, true} {
		for _, shape := range []string{
			"power", "power@leader", "torn", "write-errors", "read-errors(100%)@majority", "sync-errors@n1,n2", "full@all",
			"slow(1s)", "slow-sync&write-errors(50%)", "lie", "bit-rot", "flip(3)", "truncate(1KiB)@n3", "rollback(1ms)",
		} {
			t.Run(fmt.Sprintf("%s fragile %v", shape, fragile), func(t *testing.T) {
				t.Parallel()
				b := newDiskBench()
				b.fragile = fragile
				requireVerified(t, b, shape)
			})
		}
	}
}

func requireVerified(t *testing.T, b *diskBench, shape string) {
	t.Helper()
	for _, s := range runDisk(t, b, shape).FaultSpans() {
		if !s.Verified || !s.Healed {
			t.Errorf("%+v", s)
		}
	}
	if b.torn != (shape == "torn") {
		t.Errorf("torn is %v", b.torn)
	}
	requireGood(t, shape, b)
}

func requireGood(t *testing.T, after string, b *diskBench) {
	t.Helper()
	for _, n := range b.nodes {
		if r := b.readings[n.Name()]; r.Faults != (cluster.DiskFaults{}) || n.(*benchNode).state != cluster.Running {
			t.Errorf("after %s %s: %+v, %v", after, n.Name(), r, n.(*benchNode).state)
		}
	}
}

func TestDisksThatStayGoodAreNotVerified(t *testing.T) {
	for _, shape := range []string{"power", "full", "flip"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newDiskBench()
			b.broken = true
			for _, s := range runDisk(t, b, shape).FaultSpans() {
				if s.Verified {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

func TestPowerFailuresTellWhatTheyTook(t *testing.T) {
	t.Parallel()
	told := ""
	for _, op := range runDisk(t, newDiskBench(), "power").Ops {
		if op.F == history.Inject && op.Type == history.OK {
			told, _ = op.Value.Text()
		}
	}
	if want := "power: what is not synced is lost at n1 n2 n3; unsynced pages lost: n1 3, n2 3, n3 3"; told != want {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestNodesThatRefuseDamagedFilesGetThemBack(t *testing.T) {
	t.Parallel()
	b := newDiskBench()
	b.fragile = true
	runDisk(t, b, "flip")
	if want := []cluster.DamageKind{cluster.FlipBits, cluster.Repair}; !slices.Equal(b.damage, want) {
		t.Errorf("fragile nodes: %v", b.damage)
	}
	b = newDiskBench()
	runDisk(t, b, "rollback(0s)")
	if want := []cluster.DamageKind{cluster.Remember, cluster.Revert}; !slices.Equal(b.damage, want) {
		t.Errorf("others: %v", b.damage)
	}
}

// What destroys data strikes a minority, taken over the whole run.
func TestOnlyAMinorityIsEverDamaged(t *testing.T) {
	t.Parallel()
	struck := map[string]bool{}
	for _, s := range runDisk(t, newDiskBench(), "flip@n1", "truncate@n2", "lie@n2,n3", "bit-rot").FaultSpans() {
		for _, node := range s.Fault.Nodes {
			struck[node] = true
		}
	}
	if len(struck) != 1 || !struck["n1"] {
		t.Errorf("damaged %v", struck)
	}
}

func TestDiskFaultsAreToldWhatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"disk:fire":                "no such shape",
		"disk:power(now)":          "one argument too many",
		"disk:power&full":          "goes with nothing else",
		"disk:slow(1h)":            "from 0s to 10s",
		"disk:slow(5s)":            "up to 2s slower",
		"disk:write-errors(0.1%)":  "would not be seen in time",
		"disk:flip(0)":             "from 1 to 1000",
		"disk:flip(1x)":            "from 1 to 1000",
		"disk:truncate(some)":      "amount of data",
		"disk:lie@all":             "a minority at most",
		"disk:flip@majority":       "a minority at most",
		"disk:full@cellar":         "no place is called",
		"disk:slow&bit-rot@nowhen": "no place is called",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	spec, err := Parse("disk,kill")
	if err != nil || !spec.Needs(cluster.CanDisk) || spec.Needs(cluster.CanPause) {
		t.Errorf("%v, %v", spec, err)
	}
	for _, shape := range spec.Families[0].Shapes {
		b, err := parseDisk(shapeOf(t, shape))
		if err != nil || b.destroys() || b.torn {
			t.Errorf("%s is among the usual shapes: %v", shape, err)
		}
	}
}

func shapeOf(t *testing.T, text string) shape {
	t.Helper()
	s, err := parseShape(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
