package script

import (
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// PointsAtCalls says whether an invalid verdict has what a reader needs: a reason,
// and findings with a text that name invocations in order of time, the culprits
// among the context. It fails the test if not.
func PointsAtCalls(t *testing.T, h *history.History, v checkers.Verdict) bool {
	t.Helper()
	ok := len(v.Findings) > 0 && v.Reason != ""
	for _, f := range v.Findings {
		ok = ok && f.Text != "" && len(f.Text) < 5000 && f.Anomaly != "" && len(f.Culprits) > 0 && slices.IsSorted(f.Context)
		for _, at := range f.Context {
			ok = ok && at >= 0 && at < len(h.Ops) && h.Ops[at].Type == history.Invoke
		}
		for _, at := range f.Culprits {
			ok = ok && slices.Contains(f.Context, at)
		}
	}
	if !ok {
		t.Errorf("%+v of\n%s", v, String(h))
	}
	return ok
}

// Said is a verdict in one word: its validity, or the anomaly of its first finding,
// which has to point at calls of the history.
func Said(t *testing.T, h *history.History, v checkers.Verdict) string {
	t.Helper()
	if v.Validity != checkers.Invalid {
		return v.Validity.String()
	}
	PointsAtCalls(t, h, v)
	return v.Findings[0].Anomaly
}
