package harness_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// artefacts holds that a run left everything that one needs to understand it.
func artefacts(t *testing.T, dir string) {
	t.Helper()
	for _, file := range []string{"run.json", "history.jsonl.zst", "verdict.json", "report.html", "junit.xml"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// confused is a workload whose checker has a mistake.
type confused struct{ workloads.Workload }

func (confused) Checker(workloads.Config) (checkers.Checker, error) { return clumsy{}, nil }

type clumsy struct{}

func (clumsy) Name() string  { return "clumsy" }
func (clumsy) About() string { return "panics" }

func (clumsy) Check(context.Context, *history.History) (checkers.Verdict, error) {
	var none []int
	return checkers.Verdict{Validity: checkers.Valid}, fmt.Errorf("%d", none[3])
}

func TestACheckerThatPanicsProvesNothingAndLosesNothing(t *testing.T) {
	test := quick(t, newMemory())
	test.Workload = confused{test.Workload}
	out := run(t, test)
	if out.Verdict.Validity != checkers.Unknown || !strings.Contains(out.Verdict.Reason, "index out of range") {
		t.Errorf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	artefacts(t, out.Dir)
}

func TestARunThatIsInterruptedOrBreaksDownLeavesEverything(t *testing.T) {
	interrupted := quick(t, newMemory())
	interrupted.Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	interrupted.Progress = func(p harness.Progress) {
		if p.OK > 100 {
			cancel()
		}
	}
	out, err := harness.Run(ctx, interrupted)
	if err != nil || !out.Run.Interrupted {
		t.Errorf("interrupted %v (%v)", out.Run.Interrupted, err)
	}
	artefacts(t, out.Dir)
}

const (
	full     = "ASSAY_TEST_FULL_DISK"
	fullSize = 20_000 // bytes
)

// A process whose files may not grow sees what happens on a full disk, and needs no
// disk of its own for that.
func TestAFullDiskIsToldAndTheHistoryKept(t *testing.T) {
	if os.Getenv(full) != "" {
		fillUp(t)
		return
	}
	folder := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestAFullDiskIsToldAndTheHistoryKept$", "-test.v")
	child.Env = append(os.Environ(), full+"="+folder)
	output, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	dirs, _ := filepath.Glob(filepath.Join(folder, "memory-register", "*"))
	if len(dirs) != 1 {
		t.Fatalf("runs: %v\n%s", dirs, output)
	}
	again, err := harness.Recheck(t.Context(), dirs[0], time.Minute, availability.Demands{})
	if err != nil {
		t.Fatal(err)
	}
	if again.Verdict.Checker == "" || !strings.Contains(again.Run.Error, "what was recorded before is kept") {
		t.Errorf("judged again: %+v, of a run that ended with %q", again.Verdict, again.Run.Error)
	}
	h, _, err := history.Read(filepath.Join(dirs[0], "history.jsonl.zst"))
	if err != nil || len(h.Ops) < 50 {
		t.Errorf("the history is not there: %v", err)
	}
	artefacts(t, dirs[0])
}

func fillUp(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: fullSize, Max: fullSize}); err != nil {
		t.Fatal(err)
	}
	test := quick(t, newMemory())
	test.Results, test.Duration = os.Getenv(full), time.Hour
	out, err := harness.Run(t.Context(), test)
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "what was recorded before is kept in "+out.Dir) {
		t.Errorf("error %v", err)
	}
}
