package harness

import (
	"errors"
	"testing"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// Nothing beside a doubt proves anything.
func TestOutcomesAreWhatIsProven(t *testing.T) {
	doubt := errors.New("no answer")
	for _, c := range []struct {
		err  error
		want history.Type
		text string
	}{
		{nil, history.OK, ""},
		{doubt, history.Info, "no answer"},
		{workloads.NoEffect(doubt), history.Fail, "no answer"},
		{workloads.ErrMismatch, history.Fail, history.Mismatch},
		{errors.Join(workloads.ErrMismatch, doubt), history.Info, "mismatch\nno answer"},
		{errors.Join(workloads.ErrMismatch, workloads.NoEffect(doubt)), history.Fail, history.Mismatch},
	} {
		if got, text := classify(c.err); got != c.want || text != c.text {
			t.Errorf("%v is %v, %q", c.err, got, text)
		}
	}
}
