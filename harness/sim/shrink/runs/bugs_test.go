package runs

import (
	"os"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/harness/sim/hunt"
	"github.com/assaykit/assay/harness/targets/demo"
)

// follow is what a person can follow: so many operations and faults.
var follow = Size{Operations: 12, Faults: 3}

// larger are bugs of which more is left, and why.
var larger = map[raft.Bug]Size{
	raft.NoChecksum:         {Operations: 20, Faults: 3},  // which byte is hit depends on every message before
	raft.ForgetVote:         {Operations: 500, Faults: 7}, // two nodes must lead in one term, and both write: the budget ends before
	raft.CommitPreviousTerm: {Operations: 12, Faults: 10}, // three leaders have to follow each other (figure 8)
}

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
			most, excused := larger[q.Bug]
			if !excused {
				most = follow
			}
			if r.After.Operations > most.Operations || r.After.Faults > most.Faults {
				t.Errorf("there is still much to follow: %s", r.After)
			}
			repeatable(t, r.Outcome)
		})
	}
}
