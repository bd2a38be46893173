package doctor_test

import (
	"context"
	"testing"

	"github.com/assaykit/assay/cmd/assay/internal/doctor"
	"github.com/assaykit/assay/harness/cluster"
)

// gauged is a machine that measures what its rules say, if it obeys them.
type gauged struct {
	*machine
	obeys bool
}

func (g gauged) Measure(_ context.Context, links []cluster.Link, _ string) (map[cluster.Link]cluster.Measurement, error) {
	found := map[cluster.Link]cluster.Measurement{}
	for _, l := range links {
		s := cluster.Shape{}
		if g.obeys {
			s = g.rules.Shape[l]
		}
		m := cluster.Measurement{Sent: 10, Arrived: 10 - int(10*(s.Loss+s.Noise)), Fastest: s.Delay, Rate: 1e9}
		if s.Rate > 0 {
			m.Rate = s.Rate
		}
		found[l] = m
	}
	return found, nil
}

func TestTryMeasuresWhatHappensToPackets(t *testing.T) {
	shapes := []cluster.Capability{cluster.CanDelay, cluster.CanLose, cluster.CanNoise, cluster.CanLimit}
	claimed := cluster.Capabilities{}
	for _, what := range shapes {
		claimed[what] = nil
	}
	for _, obeys := range []bool{true, false} {
		g := gauged{&machine{claimed: claimed}, obeys}
		found := doctor.Try(t.Context(), g)
		for _, what := range shapes {
			if err := found.Supports(what); (err == nil) != obeys {
				t.Errorf("%s of a machine that obeys (%v): %v", what, obeys, err)
			}
		}
		if g.rules.Shape != nil {
			t.Error("the links were not left as they were")
		}
	}
	if found := doctor.Try(t.Context(), &machine{claimed: claimed}); found.Supports(cluster.CanDelay) == nil {
		t.Error("a machine that measures nothing can be slow")
	}
}
