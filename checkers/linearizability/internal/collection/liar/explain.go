package liar

import (
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Case is a history that somebody wrote.
type Case struct {
	Name, History string
	Want          checkers.Validity
}

// Explain judges histories and compares what is said about those that are not valid
// with testdata/explanations.txt.
func Explain(t *testing.T, of object.Type, cases []Case, update bool) {
	t.Helper()
	var told strings.Builder
	for _, c := range cases {
		h := script.Parse(t, c.History)
		v, err := linearizability.New(of).Check(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		if v.Validity != c.Want {
			t.Errorf("%s: %v: %s, want %v", c.Name, v.Validity, v.Reason, c.Want)
		}
		if v.Validity == checkers.Invalid {
			script.PointsAtCalls(t, h, v)
		}
		if v.Validity != checkers.Valid {
			told.WriteString(script.Explained(c.Name, v))
		}
	}
	script.Golden(t, "testdata/explanations.txt", told.String(), update)
}
