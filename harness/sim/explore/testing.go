package explore

import (
	"testing"

	"github.com/assaykit/assay/checkers"
)

// Test explores in a test, which fails if a property is violated or was not decided,
// and shows the steps that lead to what is wrong. It gives the result for further
// questions.
func Test(t testing.TB, of Explorer, o Options) *Result {
	t.Helper()
	result, err := of.Explore(t.Context(), o)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	t.Logf("%v", result)
	for _, p := range result.Properties {
		if p.Validity != checkers.Valid {
			t.Errorf("%s %s: %v, %s", p.Kind, p.Name, p.Validity, p.Reason)
			if p.Trace != nil {
				t.Logf("the way there:\n%s", p.Trace)
			}
		}
	}
	return result
}
