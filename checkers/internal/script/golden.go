package script

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
)

// Explained is everything that a verdict says, under the name of its case.
func Explained(name string, v checkers.Verdict) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s\n%v: %s\n", name, v.Validity, v.Reason)
	for _, f := range v.Findings {
		fmt.Fprintf(&text, "%s, culprits %v, context %v\n%s\n", f.Anomaly, f.Culprits, f.Context, f.Text)
	}
	return text.String() + "\n"
}

// Golden compares with a file that is there to be read, or rewrites it.
func Golden(t testing.TB, golden, got string, update bool) {
	t.Helper()
	if update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("explanations differ from %s; look at them and rewrite it with -update. Now:\n%s", golden, got)
	}
}
