package results_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
)

var at = time.Date(2026, 11, 23, 5, 15, 0, 0, time.FixedZone("CET", 3600))

func create(t *testing.T, root string) *results.Dir {
	t.Helper()
	dir, err := results.Create(root, "etcd", "register", at)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCreateNamesTheDirectoryAfterTheRun(t *testing.T) {
	root := filepath.Join(t.TempDir(), "results")
	first, second := create(t, root), create(t, root)
	if want := filepath.Join(root, "etcd-register", "20261123T041500Z"); first.Path() != want {
		t.Errorf("path %s, want %s", first.Path(), want)
	}
	if want := first.Path() + "-2"; second.Path() != want {
		t.Errorf("second path %s, want %s", second.Path(), want)
	}
	link, err := os.Readlink(filepath.Join(root, "latest"))
	if err != nil || link != filepath.Join("etcd-register", "20261123T041500Z-2") {
		t.Errorf("latest points at %q (%v)", link, err)
	}
}

func TestCreateAtTheSameTimeGivesEachItsOwn(t *testing.T) {
	root := t.TempDir()
	var group sync.WaitGroup
	var mutex sync.Mutex
	seen := map[string]bool{}
	for range 20 {
		group.Go(func() {
			dir, err := results.Create(root, "demo", "queue", at)
			if err != nil {
				t.Error(err)
				return
			}
			mutex.Lock()
			defer mutex.Unlock()
			seen[dir.Path()] = true
		})
	}
	group.Wait()
	if len(seen) != 20 {
		t.Errorf("%d directories for 20 runs", len(seen))
	}
}

func TestCreateStaysInsideItsRoot(t *testing.T) {
	for _, target := range []string{"../x", "a/b", `a\b`, "a\x00"} {
		if _, err := results.Create(t.TempDir(), target, "register", at); err == nil {
			t.Errorf("%q was taken as a folder's name", target)
		}
	}
}

func TestCreateWhereNothingCanBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := results.Create(file, "etcd", "register", at)
	if err == nil || !strings.Contains(err.Error(), "choose another place") {
		t.Errorf("error %v", err)
	}
}

func TestOpenTakesTheDirectoryOrAFileInIt(t *testing.T) {
	root := t.TempDir()
	dir := create(t, root)
	if err := dir.WriteRun(results.Run{Target: "etcd"}); err != nil {
		t.Fatal(err)
	}
	node, err := dir.NodeDir("n1")
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(node, "etcd.log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir.Path(), dir.Join("run.json"), node, log, filepath.Join(root, "latest")} {
		opened, err := results.Open(path)
		if err != nil {
			t.Errorf("open %s: %v", path, err)
			continue
		}
		if opened.Path() != dir.Path() {
			t.Errorf("open %s gave %s", path, opened.Path())
		}
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	root := t.TempDir()
	dir := create(t, root)
	if err := dir.WriteRun(results.Run{}); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	file := filepath.Join(empty, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		empty:                               "run.json is missing",
		file:                                "no run.json beside it",
		root:                                "it holds 1 runs; name one of them, such as " + dir.Path(),
		filepath.Dir(dir.Path()):            "name one of them",
		filepath.Join(empty, "not", "here"): "no such file",
	} {
		_, err := results.Open(path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open %s: %v, want %q", path, err, want)
		}
	}
}

func TestRunAndVerdictComeBack(t *testing.T) {
	dir := create(t, t.TempDir())
	run := results.Run{Target: "etcd", Seed: 7, Nodes: []string{"n1"}, Duration: time.Minute, Started: at.UTC(),
		CommandLine: []string{"assay", "test", "<&>"}, Phases: []results.Phase{{Name: "load", End: time.Second}}}
	if err := dir.WriteRun(run); err != nil {
		t.Fatal(err)
	}
	gotRun, err := dir.ReadRun()
	if err != nil || gotRun.Seed != 7 || gotRun.CommandLine[2] != "<&>" || !gotRun.Started.Equal(at) {
		t.Errorf("run %+v (%v)", gotRun, err)
	}
	verdict := checkers.Verdict{Checker: "linearizable", Validity: checkers.Invalid, Reason: "stale",
		Findings: []checkers.Finding{{Anomaly: "stale-read", Culprits: []int{1, 2}}}}
	if err := dir.WriteVerdict(verdict); err != nil {
		t.Fatal(err)
	}
	gotVerdict, err := dir.ReadVerdict()
	if err != nil || gotVerdict.Validity != checkers.Invalid || len(gotVerdict.Findings[0].Culprits) != 2 {
		t.Errorf("verdict %+v (%v)", gotVerdict, err)
	}
}

func TestReadTellsMissingFromDamaged(t *testing.T) {
	dir := create(t, t.TempDir())
	if _, err := dir.ReadVerdict(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "verdict.json is missing") {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(dir.Join("verdict.json"), []byte(`{"checker":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.ReadVerdict(); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("damaged: %v", err)
	}
}

func TestHistoryPathIsTheOneThatIsWhole(t *testing.T) {
	dir := create(t, t.TempDir())
	plain, packed := dir.Join("history.jsonl"), dir.Join("history.jsonl.zst")
	expect := func(want string) {
		t.Helper()
		if got := dir.HistoryPath(); got != want {
			t.Errorf("history at %s, want %s", got, want)
		}
	}
	expect(plain)
	touch(t, packed)
	expect(packed)
	touch(t, plain)
	expect(plain)
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFailedWriteLeavesTheOldFileAndSaysWhereTheHistoryIs(t *testing.T) {
	dir := create(t, t.TempDir())
	touch(t, dir.HistoryPath())
	if err := dir.WriteVerdict(checkers.Verdict{Reason: "the old one"}); err != nil {
		t.Fatal(err)
	}
	full := &fs.PathError{Op: "write", Path: "/somewhere/.verdict.json-123", Err: syscall.ENOSPC}
	err := dir.Write("verdict.json", func(w io.Writer) error {
		if _, err := io.WriteString(w, strings.Repeat("half", 10_000)); err != nil {
			return err
		}
		return full
	})
	want := "write verdict.json: no space left on device; the history is kept at " + dir.HistoryPath()
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
	if v, err := dir.ReadVerdict(); err != nil || v.Reason != "the old one" {
		t.Errorf("old verdict: %+v (%v)", v, err)
	}
	if left, _ := filepath.Glob(dir.Join(".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestNodeDirRefusesToLeaveTheRun(t *testing.T) {
	dir := create(t, t.TempDir())
	if _, err := dir.NodeDir("../../etc"); err == nil {
		t.Error("a node's name led out of the run")
	}
}
