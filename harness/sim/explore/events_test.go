package explore_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim/explore"
	"github.com/assaykit/assay/harness/sim/trace"
)

// TestEventsOfTraces makes events of violations with all kinds of steps.
func TestEventsOfTraces(t *testing.T) {
	for _, n := range []explore.Network{explore.Unordered, explore.Duplicating, explore.Ordered} {
		for name, f := range map[string]explore.Faults{
			"drops": {Drops: 1}, "crashes": {Crashes: 1, Restarts: 1}, "give-ups": {GiveUps: 1}, "partitions": {Partitions: 1},
		} {
			s := registers(single{}, 2, 2, 1, n)
			s.Faults = f
			s.Properties = append(s.Properties, explore.Always("all are up", allUp))
			result := explored(t, s, explore.Options{Exhaust: true, MaxStates: 100_000})
			for _, j := range result.Properties {
				testEvents(t, name+", "+n.String(), &j)
			}
		}
	}
}

// allUp is violated by a crash.
func allUp(v explore.View[int, int]) error {
	for _, id := range v.Nodes() {
		if !v.Up(id) {
			return fmt.Errorf("%s is down", id)
		}
	}
	return nil
}

func testEvents(t *testing.T, name string, j *explore.Judgement) {
	t.Helper()
	events := j.Events()
	if events == nil {
		return
	}
	if err := events.Verify(); err != nil {
		t.Errorf("%s, %s: %v\n%v", name, j.Name, err, j.Trace)
	}
	var text bytes.Buffer
	if err := events.Encode(&text); err != nil {
		t.Error(err)
	}
	if j.Validity != checkers.Invalid || j.Verdict == nil {
		return
	}
	h := j.Trace.History()
	for _, i := range slices.Concat(j.Verdict.Findings[0].Culprits, j.Verdict.Findings[0].Context) {
		is := func(e trace.Event) bool { return e.Kind == trace.Invoke && e.Number == i && e.Text != "" }
		if i >= len(h.Ops) || !slices.ContainsFunc(events.Events, is) {
			t.Errorf("%s, %s: the events have no operation %d, which is a culprit\n%s", name, j.Name, i, text.String())
		}
	}
}
