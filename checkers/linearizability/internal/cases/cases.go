// Package cases judges histories that are written down with their verdicts, and
// keeps what is said about them in a golden file.
package cases

import (
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// Golden is where explanations are kept.
const Golden = "testdata/explanations.txt"

// Case is a history, as script.Parse reads it, and its verdict: valid, unknown, or
// the anomaly of its only finding.
type Case = struct{ Name, Want, History string }

// Check judges the cases, and compares all that is said about them with the golden
// file.
func Check(t *testing.T, by func(Case) checkers.Checker, update bool, cases []Case) {
	t.Helper()
	var all strings.Builder
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			h := script.Parse(t, c.History)
			v, err := by(c).Check(t.Context(), h)
			if err != nil {
				t.Fatal(err)
			}
			if said := Said(t, h, v); said != c.Want {
				t.Errorf("%s, want %s: %s %+v", said, c.Want, v.Reason, v.Findings)
			}
			all.WriteString(script.Explained(c.Name, v))
		})
	}
	script.Golden(t, Golden, all.String(), update)
}

// Said is a verdict in one word: its validity, or the anomaly of its only finding.
func Said(t *testing.T, h *history.History, v checkers.Verdict) string {
	t.Helper()
	switch {
	case v.Reason == "":
		return "a verdict without a reason"
	case v.Validity != checkers.Invalid:
		return v.Validity.String()
	case !script.PointsAtCalls(t, h, v):
		return "an invalid verdict that points at nothing"
	case len(v.Findings) > 1:
		return "more than one finding"
	}
	return v.Findings[0].Anomaly
}
