package harness_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/results"
)

// The runs in the tree get the verdict that is in the tree, from their history alone.
func TestStoredRunsAreJudgedAsBefore(t *testing.T) {
	for name, anomaly := range map[string]string{
		"stale-read": "stale-read", "lost-message": "lost", "duplicated-message": "duplicated",
		"lost-update": "lost-update", "split-brain": "double-hold", "valid": "",
	} {
		folder := filepath.Join(t.TempDir(), name)
		if err := os.CopyFS(folder, os.DirFS(filepath.Join("..", "results", "examples", name))); err != nil {
			t.Fatal(err)
		}
		dir, err := results.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		before, err := dir.ReadVerdict()
		if err != nil {
			t.Fatal(err)
		}
		out, err := harness.Recheck(t.Context(), folder, time.Minute, availability.Demands{})
		if err != nil {
			t.Fatal(err)
		}
		if out.Verdict.Validity != before.Validity || out.Verdict.Reason != before.Reason || !reflect.DeepEqual(out.Verdict.Findings, before.Findings) {
			t.Errorf("%s: was %s: %s, is %s: %s", name, before.Validity, before.Reason, out.Verdict.Validity, out.Verdict.Reason)
		}
		first := ""
		if out.Verdict.Validity == checkers.Invalid {
			first = out.Verdict.Findings[0].Anomaly
		}
		if first != anomaly {
			t.Errorf("%s: found %q, want %q", name, first, anomaly)
		}
	}
}
