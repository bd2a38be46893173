package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/report"
)

const lost = `assay trace 1
clock time
nodes n1 n2
clients c0
0.001000000 invoke c0 #0 add 7
0.001000000 send c0->n1 #1 {"f":"add"}
0.002000000 deliver c0->n1 #1
0.002000000 send n1->n2 #2 <script>copy</script>
0.003000000 drop n1->n2 #2 loss
0.003000000 complete c0 #0 ok
0.004000000 violation c0 #0 lost
`

// traced is the directory of a run, with files beside run.json.
func traced(t *testing.T, files map[string]string) *results.Dir {
	t.Helper()
	dir, err := results.Create(t.TempDir(), "demo", "set", results.Run{}.Started)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteRun(results.Run{}); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := dir.Join(name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pageOf(t *testing.T, dir *results.Dir, v checkers.Verdict) string {
	t.Helper()
	s, err := report.ReadSequence(dir, v)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := report.Render(&page, report.Input{Verdict: v, Sequence: s}); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestASimulatedRunShowsWhatHappenedBetweenItsNodes(t *testing.T) {
	v := checkers.Verdict{Validity: checkers.Invalid, Findings: []checkers.Finding{{Anomaly: "lost", Culprits: []int{0}}}}
	page := pageOf(t, traced(t, map[string]string{results.TraceFile: lost}), v)
	for _, want := range []string{"What happened between the nodes", `class="span ok culprit"`, `class="arrow lost"`, "✗ lost"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(page, "<script>copy") {
		t.Error("a message is not shown as text")
	}
}

func TestASmallerRunIsShownInstead(t *testing.T) {
	page := pageOf(t, traced(t, map[string]string{
		results.TraceFile:         strings.ReplaceAll(lost, "n1", "n9"),
		"shrunk/run.json":         "{}",
		"shrunk/verdict.json":     `{"validity":"invalid","findings":[{"anomaly":"lost","text":"seven is gone","culprits":[0]}]}`,
		"shrunk/trace.txt":        lost,
		"shrunk/of-another-thing": "",
	}), checkers.Verdict{Validity: checkers.Invalid})
	for _, want := range []string{"The same failure in a smaller run", "seven is gone", `href="shrunk/report.html"`, `class="span ok culprit"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(page, "n9") {
		t.Error("the larger run is drawn")
	}
}

func TestARunWithoutATraceHasNoDiagram(t *testing.T) {
	if page := pageOf(t, traced(t, nil), checkers.Verdict{}); strings.Contains(page, `class="sequence"`) {
		t.Error("there is a diagram of nothing")
	}
	if _, err := report.ReadSequence(traced(t, map[string]string{results.TraceFile: "nonsense"}), checkers.Verdict{}); err == nil || !strings.Contains(err.Error(), results.TraceFile) {
		t.Errorf("a broken trace: %v", err)
	}
}
