package hunt_test

import (
	"context"
	"testing"

	"github.com/assaykit/assay/harness/sim/hunt"
	"github.com/assaykit/assay/harness/targets/demo"
)

// enough is how many seeds are tried for each mistake. Most are found by the
// first; the rarest in one of three.
const enough = 40

func TestEveryMistakeIsFound(t *testing.T) {
	for _, q := range hunt.All() {
		t.Run(string(q.Bug), func(t *testing.T) {
			t.Parallel()
			c := q.Hunt(context.Background(), demo.New(), 1, enough, 1)
			if c.Outcome == nil {
				t.Fatalf("not found with %d seeds: %v", c.Tried, c.Err)
			}
			t.Logf("seed %d of %d, %s: %s", c.Outcome.Plan.Seed, c.Tried, c.Took, c.Outcome.Verdict.Reason)
		})
	}
}
