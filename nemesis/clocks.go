package nemesis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
)

// skewed is a fault of clocks.
type skewed struct {
	findings
	clocks *clocks
	id     int
	nodes  []string
	skew   cluster.Skew
}

func (s *skewed) inject(ctx context.Context) error {
	if s.skew.Since.IsZero() {
		s.skew.Since = clock.Now(ctx)
	}
	skews := map[string]cluster.Skew{}
	for _, node := range s.nodes {
		skews[node] = s.skew
	}
	return s.clocks.set(ctx, s.id, skews)
}

func (s *skewed) verify(ctx context.Context) error       { return s.clocks.verify(ctx) }
func (s *skewed) verifyHealed(ctx context.Context) error { return s.clocks.verify(ctx) }
func (s *skewed) holds(ctx context.Context) error        { return s.clocks.verify(ctx) }

// heal notes first what has begun meanwhile: after it nobody knows any more.
func (s *skewed) heal(ctx context.Context) error {
	s.noteBegun(ctx)
	return s.clocks.clear(ctx, s.id)
}

// noteBegun tells of processes that began while the fault held, as where a supervisor in
// a node starts another one: the runtime gave them the same clock. Nodes that cannot be
// looked at tell nothing.
func (s *skewed) noteBegun(ctx context.Context) {
	readings, err := s.clocks.cluster.ReadClocks(ctx)
	if err != nil {
		return
	}
	for _, node := range s.nodes {
		began := readings[node].Began
		if len(began) == 0 {
			continue
		}
		var names []string
		total := 0
		for _, name := range slices.Sorted(maps.Keys(began)) {
			total += began[name]
			names = append(names, fmt.Sprintf("%s (%d)", name, began[name]))
		}
		s.add("%s began at %s meanwhile and got the same clock: %s", plural(total, "process", "processes"), node, strings.Join(names, ", "))
	}
}

func (s *skewed) concerns(nodes []string) bool {
	return slices.ContainsFunc(s.nodes, func(n string) bool { return slices.Contains(nodes, n) })
}

// clocks adds up the clock faults in force: where two strike one node, the later
// one counts.
type clocks struct {
	// cluster is nil if its clocks cannot be changed.
	cluster cluster.Clocks
	nodes   []cluster.Node
	// told asks the target itself; nil if it cannot tell.
	told func(context.Context, cluster.Node) (time.Time, error)

	mu    sync.Mutex
	skews map[int]map[string]cluster.Skew
	// touched says that there ever was a fault.
	touched bool

	// reading is held while what they show is being recorded.
	reading sync.Mutex
}

func (c *clocks) set(ctx context.Context, id int, skews map[string]cluster.Skew) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skews[id], c.touched = skews, true
	return c.cluster.SetClocks(ctx, c.sum())
}

// clear lifts fault id. If that fails it is lifted with the next change.
func (c *clocks) clear(ctx context.Context, id int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.skews, id)
	return c.cluster.SetClocks(ctx, c.sum())
}

// clearAll lifts all faults, if there ever were any.
func (c *clocks) clearAll(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.skews)
	if !c.touched {
		return nil
	}
	return c.cluster.SetClocks(ctx, nil)
}

func (c *clocks) sum() map[string]cluster.Skew {
	sum := map[string]cluster.Skew{}
	for _, id := range slices.Sorted(maps.Keys(c.skews)) {
		maps.Copy(sum, c.skews[id])
	}
	return sum
}

// verify observes that the clocks of all nodes show what they should: in the memory
// of their processes, where it can be told to the nanosecond, and by what the nodes
// themselves say, where the target lets them.
func (c *clocks) verify(ctx context.Context) error {
	c.mu.Lock()
	sum, touched := c.sum(), c.touched
	c.mu.Unlock()
	if !touched {
		return nil
	}
	strobes := map[string]turns{}
	return until(ctx, func(ctx context.Context) error {
		readings, err := c.cluster.ReadClocks(ctx)
		if err != nil {
			return err
		}
		wrong := misread(sum, readings, strobes)
		if len(wrong) == 0 {
			wrong = c.contradicted(ctx, sum)
		}
		if len(wrong) == 0 {
			return nil
		}
		slices.Sort(wrong)
		return fmt.Errorf("clocks: %s", strings.Join(wrong, ", "))
	})
}

// turns are what a clock that strobes was seen to show.
type turns struct{ skewed, right bool }

// grain is what the arithmetic of drifts may be off by, discernible what a drift has
// to have made of the time before one can tell that it is there.
const (
	grain       = 100 * time.Nanosecond
	discernible = 10 * grain
)

// misread says which readings are not as they should be. Nodes that do not run have
// none.
func misread(sum map[string]cluster.Skew, readings map[string]cluster.ClockReading, strobes map[string]turns) []string {
	var wrong []string
	struck := 0
	for node, r := range readings {
		skew, strikes := sum[node]
		if strikes {
			struck++
		}
		if why := skewedOtherwise(skew, r); why != "" {
			wrong = append(wrong, node+" "+why)
		} else if skew.Strobe > 0 {
			turn := strobes[node]
			turn.note(skew, r)
			strobes[node] = turn
			wrong = append(wrong, turn.missing(node)...)
		}
	}
	if len(sum) > 0 && struck == 0 {
		wrong = append(wrong, "none of the nodes runs whose clocks were changed")
	}
	return wrong
}

func skewedOtherwise(s cluster.Skew, r cluster.ClockReading) string {
	if r.Processes == 0 {
		return "has no process whose clock can be read"
	}
	for _, got := range []time.Duration{r.Least, r.Most} {
		want := s.Ahead(r.At)
		right := (got - want).Abs() <= grain
		if s.Strobe > 0 {
			right = right || got == 0
		}
		if !right {
			return fmt.Sprintf("is %s ahead, not %s", got, want)
		}
	}
	if s.Drift != 0 && (s.Ahead(r.At)-s.Offset).Abs() < discernible {
		return "has not yet drifted so far that it can be seen"
	}
	return ""
}

func (t *turns) note(s cluster.Skew, r cluster.ClockReading) {
	for _, got := range []time.Duration{r.Least, r.Most} {
		if got == 0 {
			t.right = true
		} else {
			t.skewed = true
		}
	}
}

func (t turns) missing(node string) []string {
	switch {
	case !t.skewed:
		return []string{node + " was not yet seen to leave the right time"}
	case !t.right:
		return []string{node + " was not yet seen to return to the right time"}
	}
	return nil
}

// coarse is what the clocks of two machines may be apart, and ours be corrected by
// in the meantime: what nodes say of themselves is compared with the time here.
const coarse = time.Second

// answering bounds how long a node may take to tell the time.
const answering = time.Second

// contradicted says which nodes tell another time than they should. A node that
// does not answer, because it is paused or cut off, contradicts nothing.
func (c *clocks) contradicted(ctx context.Context, sum map[string]cluster.Skew) []string {
	if c.told == nil {
		return nil
	}
	err := each(ctx, c.nodes, func(n cluster.Node) error {
		if state, err := n.State(ctx); err != nil || state != cluster.Running {
			return nil
		}
		ctx, cancel := clock.WithTimeout(ctx, answering)
		defer cancel()
		before := clock.Now(ctx)
		told, err := c.told(ctx, n)
		if err != nil {
			return nil
		}
		return believe(sum[n.Name()], before, told, clock.Now(ctx))
	})
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// believe compares a time that was told between two moments.
func believe(s cluster.Skew, before, told, after time.Time) error {
	least := min(s.Ahead(before), s.Ahead(after))
	most := max(s.Ahead(before), s.Ahead(after))
	if s.Strobe > 0 {
		least, most = min(least, 0), max(most, 0)
	}
	early, late := before.Add(least-coarse), after.Add(most+coarse)
	if told.Before(early) || told.After(late) {
		return errors.New("tells a time that is " + told.Sub(after).Round(time.Millisecond).String() + " ahead")
	}
	return nil
}
