package availability_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/harness/history"
)

// The figures are those that the verdict tells, number by number.
func TestWhatIsMeasuredIsWhatIsTold(t *testing.T) {
	compared := 0
	for seed := range uint64(40) {
		h := randomHistory(rand.New(rand.NewPCG(seed, 9)))
		v, err := availability.New(availability.Demands{}).Check(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]string{}
		for _, s := range v.Stats {
			told[s.Name] = s.Value
		}
		for _, m := range availability.Measure(h, h.Calls()) {
			compared++
			value, is := told[m.Name+" ("+m.What+")"]
			if want := fmt.Sprintf("%s of %s answered", percentOf(m.Answered), checkers.Number(m.Answered.Calls)); !is || m.Answered.Calls > 0 && !strings.Contains(value, want) {
				t.Errorf("seed %d: %s: %q does not say %q", seed, m.Name, value, want)
			}
			recovered := 0
			for _, r := range m.Recoveries {
				if r.Recovered {
					recovered++
				} else if r.Why == "" {
					t.Errorf("seed %d: %s: nothing says why %s was not seen to recover", seed, m.Name, r.Node)
				}
			}
			if text := told[m.Name+", recovery"]; recovered > 0 && !strings.HasPrefix(text, checkers.Count(recovered, "node")+" recovered") {
				t.Errorf("seed %d: %s: %q, but %d recovered", seed, m.Name, text, recovered)
			}
		}
	}
	if compared == 0 {
		t.Error("no history had a fault window")
	}
}

func percentOf(s availability.Share) string {
	return fmt.Sprintf("%v%%", float64(s.Answered*10_000/max(1, s.Calls))/100)
}

func TestNothingIsMeasuredOfNothing(t *testing.T) {
	if m := availability.Measure(&history.History{}, nil); m != nil {
		t.Errorf("%+v", m)
	}
}
