package series_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/series"
)

var errNoEngine = errors.New("no engine")

// endings gives each seed what its run ends with; others are valid.
type endings map[int64]any

func (e endings) run(_ context.Context, seed int64) (harness.Outcome, error) {
	switch end := e[seed].(type) {
	case error:
		return harness.Outcome{}, end
	case checkers.Validity:
		return harness.Outcome{Verdict: checkers.Verdict{Validity: end}}, nil
	}
	return harness.Outcome{Verdict: checkers.Verdict{Validity: checkers.Valid}}, nil
}

func try(t *testing.T, s series.Series, e endings) (series.Summary, []int64) {
	t.Helper()
	var seeds []int64
	sum := s.Run(t.Context(), e.run, func(r series.Result) { seeds = append(seeds, r.Seed) })
	return sum, seeds
}

func TestWhichRunsASeriesHas(t *testing.T) {
	bad := endings{3: checkers.Invalid, 12: errNoEngine, 7: checkers.Unknown}
	for _, c := range []struct {
		name string
		of   series.Series
		want []int64
	}{
		{"one", series.Series{First: 5}, []int64{5}},
		{"seeds", series.Series{Seeds: []int64{1, 2, 3, 4}}, []int64{1, 2, 3, 4}},
		{"repeated", series.Series{First: 5, Repeat: 3}, []int64{5, 5, 5}},
		{"seeds, repeated", series.Series{Seeds: []int64{4, 8}, Repeat: 2}, []int64{4, 4, 8, 8}},
		{"until a failure", series.Series{First: 1, UntilFailure: true}, []int64{1, 2, 3}},
		{"what proves nothing is no failure", series.Series{First: 6, UntilFailure: true}, []int64{6, 7, 8, 9, 10, 11, 12}},
		{"seeds until a failure", series.Series{Seeds: []int64{1, 3, 2}, UntilFailure: true}, []int64{1, 3}},
		{"no failure among the seeds", series.Series{Seeds: []int64{1, 2}, UntilFailure: true}, []int64{1, 2}},
		{"a budget that is used up", series.Series{First: 5, Budget: 1}, []int64{5}},
	} {
		if sum, seeds := try(t, c.of, bad); !slices.Equal(seeds, c.want) {
			t.Errorf("%s: ran %v, want %v (%s)", c.name, seeds, c.want, sum.End)
		}
	}
}

// Whatever else happened: invalid, then infrastructure, then unknown, then valid.
func TestTheGravestResultWins(t *testing.T) {
	for _, c := range []struct {
		of   endings
		want series.Grade
	}{
		{endings{}, series.Valid},
		{endings{2: checkers.Unknown}, series.Unknown},
		{endings{1: errNoEngine, 2: checkers.Unknown}, series.Infrastructure},
		{endings{1: checkers.Invalid, 2: errNoEngine, 3: checkers.Unknown}, series.Invalid},
	} {
		sum, _ := try(t, series.Series{Seeds: []int64{1, 2, 3, 4}}, c.of)
		if len(sum.Results) != 4 || sum.Grade() != c.want {
			t.Errorf("%v: %d results, %s, want %s", c.of, len(sum.Results), sum.Grade(), c.want)
		}
	}
	if got := (series.Summary{}).Grade(); got != series.Unknown {
		t.Errorf("no run at all proves %s", got)
	}
}

// A run whose history shows a contradiction is invalid, though it could not go on.
func TestABrokenPromiseIsGraverThanTheErrorThatEndedTheRun(t *testing.T) {
	r := series.Result{Outcome: harness.Outcome{Verdict: checkers.Verdict{Validity: checkers.Invalid}}, Err: errNoEngine}
	if r.Grade() != series.Invalid || !r.Failed() {
		t.Errorf("%s, failed %v", r.Grade(), r.Failed())
	}
}

func TestAnInterruptedRunCountsAndIsTheLast(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := func(ctx context.Context, seed int64) (harness.Outcome, error) {
		if seed == 2 {
			cancel()
		}
		return endings{}.run(ctx, seed)
	}
	sum := series.Series{Seeds: []int64{1, 2, 3}}.Run(ctx, run, func(series.Result) {})
	if len(sum.Results) != 2 || !sum.Interrupted {
		t.Errorf("%d results, interrupted %v", len(sum.Results), sum.Interrupted)
	}
}

// A run begins only if it will probably end within the budget; what was expected
// counts until one has shown how long it takes.
func TestABudgetIsKept(t *testing.T) {
	for _, expected := range []time.Duration{0, time.Hour} {
		sum, _ := try(t, series.Series{First: 1, Budget: 5 * time.Millisecond, Expected: expected}, endings{})
		took := time.Duration(0)
		for _, r := range sum.Results[:len(sum.Results)-1] {
			took += r.Took
		}
		if len(sum.Results) < 1 || took > 5*time.Millisecond {
			t.Errorf("%d runs took %s before the last", len(sum.Results), took)
		}
	}
}
