package rwregister

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
)

// A circle that is drawn is closed, and its operations have the names that the text
// gives them.
func TestCirclesAreWhatTheTextTells(t *testing.T) {
	drawn := map[string]bool{}
	for _, c := range catalogue {
		h := read(t, c.text)
		for _, f := range check(t, isolation.StrictSerializable, h).Findings {
			if len(f.Cycle) > 0 {
				drawn[f.Anomaly] = true
				checkCircle(t, c.name, h, f)
			}
		}
	}
	for _, anomaly := range []string{"lost-update", "G-single", "G2-item", "G1c-realtime"} {
		if !drawn[anomaly] {
			t.Errorf("no circle of %s was drawn, but of %v", anomaly, drawn)
		}
	}
}

func checkCircle(t *testing.T, name string, h *history.History, f checkers.Finding) {
	t.Helper()
	for i, d := range f.Cycle {
		if next := f.Cycle[(i+1)%len(f.Cycle)]; d.To != next.From {
			t.Errorf("%s: %s: the circle is not closed: %+v", name, f.Anomaly, f.Cycle)
		}
		if d.Kind == "" || d.Why == "" {
			t.Errorf("%s: %s: an edge has no kind or no reason: %+v", name, f.Anomaly, d)
		}
		who := fmt.Sprintf("\nT%d: process %d", i+1, h.Ops[d.From].Process)
		if !strings.Contains(f.Text, who) {
			t.Errorf("%s: %s: no line%s in: %s", name, f.Anomaly, who, f.Text)
		}
	}
}
