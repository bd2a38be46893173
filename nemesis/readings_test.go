package nemesis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// withoutReadings is a history as it would be if nobody had read clocks.
func withoutReadings(h *history.History) *history.History {
	var kept []history.Op
	for _, op := range h.Ops {
		if op.F != history.Clocks {
			kept = append(kept, op)
		}
	}
	return &history.History{Ops: kept}
}

// recordClocks runs a schedule with quiet times in which a drift shows.
func recordClocks(t *testing.T, b cluster.Cluster, faults ...Planned) *history.History {
	t.Helper()
	r := recorder(t)
	s := step(faults...)
	s.Quiet, s.Hold = 2500*time.Millisecond, 4500*time.Millisecond
	n := New(Config{Cluster: b, Recorder: r, Steps: []Step{s}})
	n.Run(t.Context())
	if err := n.HealAll(t.Context()); err != nil {
		t.Error(err)
	}
	h := r.Snapshot()
	if err := h.WellFormed(); err != nil {
		t.Error(err)
	}
	return h
}

func TestClocksAreReadBeforeDuringAndAfterTheirFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := recordClocks(t, newClockBench(), planned("clock", "jump(5s)&drift(10%)@n1"))
		readings, span := h.ClockReadings(), h.FaultSpans()[0]
		before, during, after := readings[:0:0], readings[:0:0], readings[:0:0]
		for _, r := range readings {
			switch {
			case r.End < span.Start:
				before = append(before, r)
			case r.Start > span.Injected && r.End < span.HealStart:
				during = append(during, r)
			case r.Start > span.End:
				after = append(after, r)
			}
		}
		// At the start, each second, and right before the fault; and so on.
		if len(before) < 4 || len(during) < 5 || len(after) < 2 {
			t.Fatalf("%d readings before the fault, %d during it, %d after", len(before), len(during), len(after))
		}
		right := history.ClockOffset{}
		for _, r := range append(before, after...) {
			if r.Offsets["n1"] != right || r.Offsets["n2"] != right {
				t.Errorf("at %s: %v", r.End, r.Offsets)
			}
		}
		first, last := during[0].Offsets, during[len(during)-1].Offsets
		if drift := last["n1"].Offset - first["n1"].Offset; first["n1"].Offset < 5*time.Second || drift < 400*time.Millisecond || drift > 500*time.Millisecond {
			t.Errorf("from %v to %v", first, last)
		}
		if first["n2"] != right {
			t.Errorf("%v: n2 was left alone", first)
		}
	})
}

func TestClocksAreNotReadWhereNobodyBreaksThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := recordClocks(t, newClockBench(), planned("kill", "one"))
		if readings := h.ClockReadings(); len(readings) > 0 {
			t.Errorf("%v", readings)
		}
	})
}

// blindBench has clocks that can be read only when a fault asks.
type blindBench struct{ *clockBench }

func (b blindBench) ReadClocks(ctx context.Context) (map[string]cluster.ClockReading, error) {
	b.mu.Lock()
	untouched := len(b.skews) == 0
	b.mu.Unlock()
	if untouched {
		return nil, errors.New("the agent is gone")
	}
	return b.clockBench.ReadClocks(ctx)
}

// What could not be read has to be told, and damages nothing.
func TestClocksThatCannotBeReadAreRecordedAsSuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder(t)
		n := New(Config{Cluster: blindBench{newClockBench()}, Recorder: r, Steps: []Step{step(planned("clock", "jump"))}})
		n.Run(t.Context())
		h := r.Snapshot()
		if first := h.Ops[1]; first.F != history.Clocks || first.Type != history.Fail || !strings.Contains(first.Error, "agent is gone") {
			t.Errorf("%+v", first)
		}
		if len(h.ClockReadings()) == 0 {
			t.Error("what could be read is not there")
		}
	})
}

// Processes that a clock is just being changed for differ.
func TestTheBoundOfAReadingCoversAllProcesses(t *testing.T) {
	h := &history.History{Ops: []history.Op{{Process: history.Nemesis, F: history.Clocks, Type: history.OK, Value: offsetsOf(map[string]cluster.ClockReading{
		"n1": {Processes: 2, Least: -1, Most: 4}, "n2": {},
	})}}}
	got := h.ClockReadings()[0].Offsets
	if o := got["n1"]; len(got) != 1 || o.Offset-o.Bound > -1 || o.Offset+o.Bound < 4 {
		t.Errorf("%v does not cover -1 to 4, or more than n1 has a clock", got)
	}
}
