package nemesis

import (
	"context"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

const (
	// readingEvery is how often clocks are read while a schedule has faults of clocks:
	// often enough to draw a drift, seldom enough to disturb nobody.
	readingEvery = time.Second
	// readingWithin bounds how long that may take.
	readingWithin = 5 * time.Second
)

// watchClocks records what the nodes' clocks show, now and from then on, if the schedule
// has faults of clocks. The function that it returns ends that.
func (n *Nemesis) watchClocks(ctx context.Context) (end func()) {
	if !n.breaksClocks() {
		return func() {}
	}
	// Before anything is broken, not soon after.
	n.readClocks(ctx)
	var watch background
	watch.begin(ctx, func(ctx context.Context) error {
		for wait(ctx, readingEvery) {
			n.readClocks(ctx)
		}
		return nil
	})
	return func() { _ = watch.end() } // it ends without an error
}

// breaksClocks says whether there will be faults of clocks, and clocks to be read.
func (n *Nemesis) breaksClocks() bool {
	if n.clocks.cluster == nil {
		return false
	}
	isClock := func(p Planned) bool { return p.Family == "clock" }
	return slices.ContainsFunc(n.config.Steps, func(s Step) bool { return slices.ContainsFunc(s.Faults, isClock) }) ||
		slices.ContainsFunc(n.config.Script, func(c Cue) bool { return isClock(c.planned) })
}

// around does something to a fault. If it is one of clocks, they are read right before
// and right after, so that a jump is seen where it was.
func (n *Nemesis) around(ctx context.Context, act active, do func()) {
	if _, clocks := act.(*skewed); !clocks {
		do()
		return
	}
	n.readClocks(ctx)
	do()
	n.readClocks(ctx)
}

// readClocks records what all clocks show. That they cannot be read is recorded too, and
// breaks nothing: whether a fault holds is for its own verification to tell.
func (n *Nemesis) readClocks(ctx context.Context) {
	// One reading at a time: in a history they are one thread. A cluster in virtual
	// time reads without letting time pass, so that nobody waits there.
	n.clocks.reading.Lock()
	defer n.clocks.reading.Unlock()
	ctx, cancel := clock.WithTimeout(context.WithoutCancel(ctx), readingWithin)
	defer cancel()
	op := n.config.Recorder.Invoke(history.Op{Process: history.Nemesis, F: history.Clocks})
	readings, err := n.clocks.cluster.ReadClocks(ctx)
	if err != nil {
		n.config.Recorder.Complete(op, history.Fail, history.Value{}, err.Error())
		return
	}
	n.config.Recorder.Complete(op, history.OK, offsetsOf(readings), "")
}

// offsetsOf takes the middle of what the processes of a node have: they differ while a
// clock is being changed.
func offsetsOf(readings map[string]cluster.ClockReading) history.Value {
	offsets := map[string]history.ClockOffset{}
	for node, r := range readings {
		if r.Processes > 0 {
			half := (r.Most - r.Least) / 2
			offsets[node] = history.ClockOffset{Offset: r.Least + half, Bound: r.Most - r.Least - half}
		}
	}
	return history.ClockOffsets(offsets)
}
