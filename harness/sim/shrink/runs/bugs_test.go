package runs

import (
	"os"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/sim/hunt"
	"github.com/assaykit/assay/harness/targets/demo"
)

// TestEveryMistakeCanBeFollowed takes some minutes: it is skipped unless ASSAY_LONG is
// set. 'assay sim demo --bugs' prints its figures as a table.
func TestEveryMistakeCanBeFollowed(t *testing.T) {
	if os.Getenv("ASSAY_LONG") == "" {
		t.Skip("takes long: set ASSAY_LONG")
	}
	for _, q := range hunt.All() {
		t.Run(string(q.Bug), func(t *testing.T) {
			caught := q.Hunt(t.Context(), demo.New(), 1, 40, 1)
			if caught.Outcome == nil {
				t.Fatalf("not found with %d seeds: %v", caught.Tried, caught.Err)
			}
			r, err := Shrink(t.Context(), demo.New(), caught.Outcome, Options{Budget: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %s, from %s, in %d tries and %s", r.Anomaly, r.After, r.Before, r.Tries, r.Took)
			if r.After.Operations > 12 || r.After.Faults > 3 {
				t.Errorf("there is still much to follow: %s", r.After)
			}
			repeatable(t, r.Outcome)
		})
	}
}
