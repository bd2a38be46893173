package sequential_test

import (
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/harness/history"
)

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 6_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := weak.Small(random, 11)
		got := check(t, h)
		parsed, _ := trace.Parse(h, 0)
		want := checkers.Invalid
		switch _, unwritten := parsed.Unwritten(); {
		case unwritten > 0:
		case parsed.Acknowledged() == 0:
			want = checkers.Unknown
		case oracle(h.Calls()):
			want = checkers.Valid
		}
		tally.Count(want.String())
		if got.Validity != want {
			t.Errorf("%v (%s), want %v:\n%s", got.Validity, got.Reason, want, script.String(h))
			return false
		}
		if want == checkers.Invalid {
			f := got.Findings[0]
			tally.Count(f.Anomaly)
			if f.Anomaly != trace.DirtyRead && f.Anomaly != trace.PhantomRead && oracle(only(h.Calls(), f.Context)) {
				t.Errorf("the operations at %v have an order:\n%s", f.Context, script.String(h))
				return false
			}
			return script.PointsAtCalls(t, h, got)
		}
		return true
	})
	tally.Log(t)
}

// only are the calls that were invoked at some places.
func only(calls []history.Call, at []int) []history.Call {
	var some []history.Call
	for _, call := range calls {
		for _, place := range at {
			if call.Invoke == place {
				some = append(some, call)
			}
		}
	}
	return some
}
