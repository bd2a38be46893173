package staleness_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/checkers/staleness"
	"github.com/assaykit/assay/harness/history"
)

// good is a history whose reads are up to date by construction if lag is 0.
func good(operations int, lag, trouble float64, seed uint64) *history.History {
	r := weak.Replicas{Random: rand.New(rand.NewPCG(seed, 3)), Sessions: 8, Keys: 5, Perkey: 150, Lag: lag, Trouble: trouble}
	return r.Work(operations)
}

func TestGoodBigHistoriesAreUpToDate(t *testing.T) {
	for seed := range uint64(4) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			if got := check(t, staleness.Options{MaxAge: 1}, good(3000, 0, trouble, seed)); got.Validity != checkers.Valid {
				t.Errorf("seed %d, trouble %v: %v: %s", seed, trouble, got.Validity, got.Reason)
			}
		}
	}
}

// TestEveryStaleReadIsFound lets one read of a good history find what was certainly
// overwritten some writes ago.
func TestEveryStaleReadIsFound(t *testing.T) {
	for _, versions := range []int{1, 2, 5} {
		for seed := range uint64(6) {
			h := good(3000, 0, 0.02, seed)
			calls := h.Calls()
			read, writes := spoilable(calls, 500+rand.New(rand.NewPCG(seed, 4)).IntN(1500), versions)
			h.Ops[read.Complete].Value = writes[0].In
			parsed, err := trace.Parse(h, 0)
			if err != nil {
				t.Fatal(err)
			}
			m := staleness.Measure(h, parsed)
			if len(m.Stale) != 1 || parsed.Ops[m.Stale[0].Read].Start != read.Invoke ||
				m.Stale[0].Versions < versions || m.Stale[0].Age < read.Start-writes[1].End {
				t.Errorf("seed %d, %d versions: %+v", seed, versions, m)
				continue
			}
			for _, o := range []staleness.Options{{MaxAge: m.Stale[0].Age - time.Nanosecond}, {MaxVersions: max(1, versions-1)}} {
				got := check(t, o, h)
				if versions == 1 && o.MaxVersions > 0 {
					continue
				}
				if got.Validity != checkers.Invalid || got.Findings[0].Anomaly != staleness.StaleRead ||
					!slices.Contains(got.Findings[0].Culprits, read.Invoke) || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d, %+v: %v: %s", seed, o, got.Validity, got.Reason)
				}
			}
		}
	}
}

// spoilable is the first read from a place on before which there were so many
// writes on its key and one more, one after the other, and these writes.
func spoilable(calls []history.Call, from, versions int) (history.Call, []history.Call) {
	for _, call := range calls[from:] {
		if call.F != "read" || call.Type != history.OK {
			continue
		}
		var writes []history.Call
		for _, w := range calls {
			if w.F == "write" && w.Key == call.Key && w.Type == history.OK && w.Complete < call.Invoke &&
				(len(writes) == 0 || writes[len(writes)-1].Complete < w.Invoke) {
				writes = append(writes, w)
			}
		}
		if len(writes) > versions {
			return call, writes[len(writes)-versions-1:]
		}
	}
	panic("no read suits")
}
