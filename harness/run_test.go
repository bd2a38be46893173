package harness_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/workloads"
)

// quick is a run of the memory target that takes about a second.
func quick(t *testing.T, m *memory) harness.Test {
	t.Helper()
	return harness.Test{
		Target: m, Workload: workloads.NewRegister(), Start: m.start, Results: t.TempDir(), Seed: 1,
		Duration: time.Second, Rate: 1000, OpTimeout: 200 * time.Millisecond, Settle: time.Millisecond,
		Hold: 100 * time.Millisecond, Quiet: 100 * time.Millisecond,
	}
}

func run(t *testing.T, test harness.Test) harness.Outcome {
	t.Helper()
	out, err := harness.Run(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func recorded(t *testing.T, out harness.Outcome) *history.History {
	t.Helper()
	h, _, err := history.Read(filepath.Join(out.Dir, "history.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestACorrectTargetIsValid(t *testing.T) {
	test := quick(t, newMemory())
	test.Nemesis, _ = nemesis.Parse("kill,pause")
	test.Duration = 3 * time.Second
	out := run(t, test)
	if out.Verdict.Validity != checkers.Valid {
		t.Fatalf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	spans := recorded(t, out).FaultSpans()
	if len(spans) < 2 {
		t.Errorf("%d faults in three seconds of faults that last a tenth", len(spans))
	}
}

// A cluster that is ready may refuse to be drained for a while, as RabbitMQ does while
// it elects leaders.
func TestADrainWaitsForAClusterThatRefuses(t *testing.T) {
	m := newMemory()
	test := quick(t, m)
	test.Workload = workloads.NewQueue()
	test.Final = func(of generator.Generator, _ int) generator.Generator {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.refuses = time.Now().Add(4 * time.Second)
		return of
	}
	out := run(t, test)
	if out.Verdict.Validity != checkers.Valid {
		t.Fatalf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	refused := 0
	for _, call := range recorded(t, out).Calls() {
		if call.Final && call.Type == history.Fail {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

func TestAFailingRunWritesEveryArtefact(t *testing.T) {
	m := newMemory()
	m.stale = true
	out := run(t, quick(t, m))
	if out.Verdict.Validity != checkers.Invalid || len(out.Verdict.Findings) == 0 {
		t.Fatalf("%s with %d findings", out.Verdict.Validity, len(out.Verdict.Findings))
	}
	for _, file := range []string{"run.json", "history.jsonl.zst", "verdict.json", "report.html", "junit.xml", "nodes/n1/log.txt", "nodes/n3/log.txt"} {
		if info, err := os.Stat(filepath.Join(out.Dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestARecheckGivesTheSameVerdict(t *testing.T) {
	for _, stale := range []bool{false, true} {
		m := newMemory()
		m.stale = stale
		out := run(t, quick(t, m))
		again, err := harness.Recheck(t.Context(), out.Dir, time.Minute, availability.Demands{})
		if err != nil {
			t.Fatal(err)
		}
		if again.Verdict.Validity != out.Verdict.Validity || again.Verdict.Reason != out.Verdict.Reason {
			t.Errorf("%s %q, then %s %q", out.Verdict.Validity, out.Verdict.Reason, again.Verdict.Validity, again.Verdict.Reason)
		}
	}
}

func TestWhatIsDemandedIsJudgedAndKept(t *testing.T) {
	test := quick(t, newMemory())
	test.Demands = availability.Demands{MinSuccess: 0.5, MaxLatency: 1}
	out := run(t, test)
	if out.Verdict.Validity != checkers.Invalid || out.Verdict.Findings[0].Anomaly != availability.Slow {
		t.Fatalf("a latency of no more than a nanosecond: %s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	for demanded, want := range map[time.Duration]checkers.Validity{0: checkers.Invalid, time.Hour: checkers.Valid} {
		again, err := harness.Recheck(t.Context(), out.Dir, time.Minute, availability.Demands{MaxLatency: demanded})
		if err != nil {
			t.Fatal(err)
		}
		if again.Verdict.Validity != want {
			t.Errorf("checked again with %s: %s: %s", demanded, again.Verdict.Validity, again.Verdict.Reason)
		}
	}
}

func TestTheSameSeedGivesTheSameOperations(t *testing.T) {
	invoked := func(seed int64) []string {
		test := quick(t, newMemory())
		test.Seed = seed
		var ops []string
		for _, op := range recorded(t, run(t, test)).Ops {
			if op.Type == history.Invoke && op.Process != history.Nemesis && !op.Final {
				ops = append(ops, op.F+" "+op.Key+" "+op.Value.String())
			}
		}
		return ops
	}
	a, b, other := invoked(1), invoked(1), invoked(2)
	n := min(len(a), len(b), len(other)) - 10 // workers race for the last ones
	if n < 100 {
		t.Fatalf("only %d operations in a second", n)
	}
	if !sameBag(a[:n], b[:n]) {
		t.Error("two runs of seed 1 did different operations")
	}
	if sameBag(a[:n], other[:n]) {
		t.Error("seeds 1 and 2 did the same operations")
	}
}

// sameBag compares regardless of small differences in order: two workers that
// draw one after the other may be recorded the other way round.
func sameBag(a, b []string) bool {
	count := map[string]int{}
	for i := range a {
		count[a[i]]++
		count[b[i]]--
	}
	off := 0
	for _, n := range count {
		off += max(n, -n)
	}
	return off <= 20
}

func TestClientsThatHangPanicOrLoseAnswersAreIndeterminate(t *testing.T) {
	m := newMemory()
	m.panics, m.loses = 31, 17
	out := run(t, quick(t, m))
	if out.Verdict.Validity != checkers.Valid {
		t.Errorf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	owners := map[int]bool{}
	for _, op := range recorded(t, out).Ops {
		if owners[op.Process] {
			t.Fatalf("process %d acts after an indeterminate operation", op.Process)
		}
		if op.Type == history.Info && op.Process != history.Nemesis {
			owners[op.Process] = true
		}
	}
	if len(owners) == 0 {
		t.Error("no operation was indeterminate")
	}
}

func TestAHungClientDoesNotHangTheRun(t *testing.T) {
	m := newMemory()
	defer close(m.hung)
	m.hang = 100
	test := quick(t, m)
	test.Workload, test.Duration = workloads.NewRegister(), 500*time.Millisecond
	out, err := harness.Run(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	h := recorded(t, out)
	last := h.Ops[len(h.Ops)-1]
	if last.Type == history.Invoke {
		t.Error("the last operation was never completed")
	}
}

func TestACancelledRunIsJudgedAllTheSame(t *testing.T) {
	test := quick(t, newMemory())
	test.Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	test.Progress = func(p harness.Progress) {
		if p.Phase == "load" && p.OK > 100 {
			cancel()
		}
	}
	out, err := harness.Run(ctx, test)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Run.Interrupted || out.Verdict.Validity != checkers.Valid {
		t.Errorf("interrupted %v, %s: %s", out.Run.Interrupted, out.Verdict.Validity, out.Verdict.Reason)
	}
}

func TestAClusterThatDoesNotComeUpIsNoVerdict(t *testing.T) {
	m := newMemory()
	m.unready.Store(true)
	out, err := harness.Run(t.Context(), quick(t, m))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"n2: still asleep", "the log of n2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if out.Verdict.Validity != checkers.Unknown {
		t.Errorf("an infrastructure error became %s", out.Verdict.Validity)
	}
}

func TestAFaultThatTheRuntimeCannotInjectEndsTheRun(t *testing.T) {
	test := quick(t, newMemory())
	test.Nemesis, _ = nemesis.Parse("partition")
	if _, err := harness.Run(t.Context(), test); err == nil || !strings.Contains(err.Error(), "partition") {
		t.Errorf("%v", err)
	}
}

// BenchmarkOverhead measures what the harness itself costs: recorded operations
// a second against a client that does nothing.
func BenchmarkOverhead(b *testing.B) {
	m := newMemory()
	test := harness.Test{
		Target: m, Workload: workloads.NewRegister(), Start: m.start, Results: b.TempDir(), Seed: 1,
		Duration: 3 * time.Second, Rate: -1, Settle: time.Millisecond, Concurrency: 6, Budget: time.Second,
	}
	for b.Loop() {
		out, err := harness.Run(b.Context(), test)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(loadRate(b, out), "ops/s")
	}
}

func loadRate(b *testing.B, out harness.Outcome) float64 {
	b.Helper()
	h, _, err := history.Read(filepath.Join(out.Dir, "history.jsonl.zst"))
	if err != nil {
		b.Fatal(err)
	}
	completed := 0
	for _, op := range h.Ops {
		if op.Type == history.OK || op.Type == history.Fail {
			completed++
		}
	}
	for _, p := range out.Run.Phases {
		if p.Name == "load" {
			return float64(completed) / (p.End - p.Start).Seconds()
		}
	}
	b.Fatal("no load phase")
	return 0
}
