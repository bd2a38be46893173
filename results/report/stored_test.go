package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
)

// stored are the runs in results/examples, which the tool itself made.
var stored = []string{"stale-read", "lost-message", "duplicated-message", "lost-update", "split-brain", "valid"}

// example reads a stored run as the tool does in the checkout.
func example(t testing.TB, name string) Input {
	t.Helper()
	dir, err := results.Open(filepath.Join("..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Dir: "results/examples/" + name}
	if in.Run, err = dir.ReadRun(); err != nil {
		t.Fatal(err)
	}
	if in.Verdict, err = dir.ReadVerdict(); err != nil {
		t.Fatal(err)
	}
	if in.History, _, err = history.Read(dir.HistoryPath()); err != nil {
		t.Fatal(err)
	}
	return in
}

// The pages in the tree are those that this package makes; -update makes them anew.
func TestStoredReportsAreUpToDate(t *testing.T) {
	for _, name := range stored {
		page, file := render(t, example(t, name)), filepath.Join("..", "examples", name, results.ReportFile)
		if *update {
			if err := os.WriteFile(file, page, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(kept, page) {
			t.Errorf("%s is not what is made from its history now; look at what is made with -update", file)
		}
	}
}

// A folder that is kept in the tree has to stay small.
func TestStoredRunsAreSmall(t *testing.T) {
	for _, name := range stored {
		size := int64(0)
		err := filepath.Walk(filepath.Join("..", "examples", name), func(_ string, info os.FileInfo, err error) error {
			if err == nil && !info.IsDir() {
				size += info.Size()
			}
			return err
		})
		if err != nil || size > 400_000 {
			t.Errorf("%s: %d bytes (%v)", name, size, err)
		}
	}
}
