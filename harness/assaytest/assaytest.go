// Package assaytest puts a system to the test from `go test`: one call runs a cluster,
// clients and faults, and fails the test unless the verdict is valid. It never skips: a
// test that could not take place has failed, and says why.
package assaytest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/local"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/report"
)

// What the environment decides.
const (
	// SeedVariable takes the place of a seed that is not set, to see a failure again.
	SeedVariable = "ASSAY_SEED"
	// ResultsVariable is the directory for the runs of tests that set none.
	ResultsVariable = "ASSAY_RESULTS"
)

// Run runs the test, and fails t with the verdict's reason, its first findings and the
// commands that show more, unless the verdict is valid. What is zero in the test has the
// defaults of package harness; beyond these
//
//   - Start nil means child processes if the target can run as such, otherwise containers;
//   - Seed 0 means ASSAY_SEED, or else a random one, which is logged;
//   - Results empty means ASSAY_RESULTS, or else a temporary folder, which is removed only
//     if the verdict is valid.
func Run(t testing.TB, test harness.Test) harness.Outcome {
	t.Helper()
	test, cleanUp := furnish(t, test)
	outcome, err := harness.Run(t.Context(), test)
	switch {
	case err != nil:
		t.Fatalf("the run could not take place, which is no verdict: %v%s", err, left(outcome.Dir))
	case outcome.Verdict.Validity == checkers.Valid:
		t.Logf("seed %d: valid: %s", test.Seed, outcome.Verdict.Reason)
		cleanUp()
	default:
		t.Errorf("%s", told(outcome))
	}
	return outcome
}

// Seeds runs the test with each of the seeds, as subtests.
func Seeds(t *testing.T, test harness.Test, seeds ...int64) {
	t.Helper()
	if len(seeds) == 0 {
		t.Fatal("no seeds: there is nothing to run")
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			test.Seed = seed
			Run(t, test)
		})
	}
}

// Faults reads a specification as --nemesis takes it, such as "partition:leader,kill".
func Faults(t testing.TB, text string) nemesis.Spec {
	t.Helper()
	spec, err := nemesis.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// furnish fills in what the test leaves open. What it returns removes what is of no use
// after a valid run.
func furnish(t testing.TB, test harness.Test) (harness.Test, func()) {
	t.Helper()
	if test.Target == nil || test.Workload == nil {
		t.Fatal("a test needs a Target and a Workload")
	}
	if err := test.Workload.Supports(test.Target.Prototype()); err != nil {
		t.Fatalf("%s cannot be tested with workload %s: %v", test.Target.Name(), test.Workload.Name(), err)
	}
	test.Nodes = cmp.Or(test.Nodes, 3)
	inTime(t, test)
	test.Seed = seed(t, test.Seed)
	if test.Start == nil {
		test.Start, test.Provenance.Runtime = place(t, test)
	}
	if test.Log == nil {
		test.Log = t.Output()
	}
	if test.Provenance.CommandLine == nil {
		test.Provenance.CommandLine = again(t.Name(), test.Seed)
	}
	test.Provenance.Machine = cmp.Or(test.Provenance.Machine, runtime.GOOS+"/"+runtime.GOARCH)
	folder, cleanUp := folder(t, test.Results)
	test.Results = folder
	return test, cleanUp
}

// inTime fails a test that go test is going to end before it can.
func inTime(t testing.TB, test harness.Test) {
	t.Helper()
	timed, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return
	}
	deadline, ok := timed.Deadline()
	if left := time.Until(deadline); ok && left < test.Expected() {
		t.Fatalf("the run takes about %s, but go test gives it %s more: raise -timeout, or shorten Duration",
			test.Expected().Round(time.Second), left.Round(time.Second))
	}
}

func seed(t testing.TB, chosen int64) int64 {
	t.Helper()
	if chosen != 0 {
		return chosen
	}
	text := os.Getenv(SeedVariable)
	if text == "" {
		return 1 + rand.Int64N(999_999_999)
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%s is not a seed: it has to be a whole number", SeedVariable, text)
	}
	return number
}

// place is where the cluster runs: as near as the target allows.
func place(t testing.TB, test harness.Test) (cluster.Starter, string) {
	t.Helper()
	if host, ok := test.Target.(cluster.Host); ok {
		return host.Start, "local"
	}
	specs, err := test.Target.Nodes(cluster.Config{Nodes: test.Nodes, Image: test.Image, Settings: test.TargetSettings, Seed: test.Seed}, nowhere(test.Nodes))
	if err != nil {
		t.Fatalf("target %s: %v", test.Target.Name(), err)
	}
	if len(specs) > 0 && len(specs[0].Program) > 0 {
		return local.Start, "local"
	}
	engine, err := docker.Connect(t.Context())
	if err != nil {
		t.Fatalf("%s runs in containers only: %v", test.Target.Name(), err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	return engine.Start, "docker"
}

// nowhere is a layout of so many nodes on no machine, to ask a target where it can run.
type nowhere int

func (n nowhere) Names() []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("n", i+1)
	}
	return names
}
func (nowhere) Listen(string, string) string       { return "127.0.0.1:1" }
func (nowhere) Dial(string, string, string) string { return "127.0.0.1:1" }
func (nowhere) Data(string) string                 { return "/" }

// folder is where the run goes, and what removes it if nobody wanted to keep it.
func folder(t testing.TB, chosen string) (path string, cleanUp func()) {
	t.Helper()
	if path = cmp.Or(chosen, os.Getenv(ResultsVariable)); path != "" {
		return path, func() {}
	}
	path, err := os.MkdirTemp("", "assay-")
	if err != nil {
		t.Fatalf("make a folder for the run: %v", err)
	}
	return path, func() { _ = os.RemoveAll(path) }
}

// again is the command that runs the same test with the same seed.
func again(name string, seed int64) []string {
	here, err := os.Getwd()
	if err != nil {
		here = "."
	}
	return []string{"env", fmt.Sprintf("%s=%d", SeedVariable, seed), "go", "-C", here, "test", "-count=1", "-run", only(name), "."}
}

// only is what -run takes to run nothing but the test or subtest of that name.
func only(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// told is the verdict as 'assay test' prints it, with the same commands.
func told(o harness.Outcome) string {
	var text strings.Builder
	in := report.Input{Run: o.Run, Verdict: o.Verdict, History: recorded(o.Dir), Dir: o.Dir}
	if err := report.Text(&text, in); err != nil {
		return o.Verdict.Validity.String() + ": " + o.Verdict.Reason + left(o.Dir)
	}
	return text.String()
}

func recorded(path string) *history.History {
	dir, err := results.Open(path)
	if err != nil {
		return nil
	}
	h, _, err := history.Read(dir.HistoryPath())
	if err != nil {
		return nil
	}
	return h
}

// left says where the rest of a run is, if there is any.
func left(dir string) string {
	if dir == "" {
		return ""
	}
	return "\nwhat there is of the run is in " + dir + "; 'assay check " + dir + "' judges what was recorded"
}
