package compare_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/compare"
)

// made is a run as a test wants it.
type made struct {
	run       results.Run
	verdict   *checkers.Verdict
	latency   time.Duration
	perSecond int
	seed      uint64
}

func etcd() results.Run {
	return results.Run{
		Target: "etcd", Workload: "register", Nemesis: "partition", Runtime: "local", Nodes: []string{"n1"}, Rate: 100, Concurrency: 1,
		Machine: "linux/amd64, kernel 6.1, 2 cores", Started: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC),
		Phases: []results.Phase{{Name: "set up", End: time.Second}, {Name: "load", Start: time.Second, End: 31 * time.Second}},
	}
}

func verdict(v checkers.Validity, anomalies ...string) *checkers.Verdict {
	part := checkers.Verdict{Checker: "linearizable register", Validity: v, Reason: "because"}
	for _, a := range anomalies {
		part.Findings = append(part.Findings, checkers.Finding{Anomaly: a})
	}
	all := checkers.Merge("register", part, checkers.Verdict{Checker: "sanity", Validity: checkers.Valid})
	return &all
}

// store writes the run, with a partition from 11 s to 21 s.
func (m made) store(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	writeJSON(t, filepath.Join(dir, results.RunFile), m.run)
	if m.verdict != nil {
		writeJSON(t, filepath.Join(dir, results.VerdictFile), m.verdict)
	}
	if m.perSecond == 0 {
		return dir
	}
	now := time.Duration(0)
	r, err := history.Create(filepath.Join(dir, "history.jsonl"), func() time.Duration { return now })
	if err != nil {
		t.Fatal(err)
	}
	m.record(r, &now)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (m made) record(r *history.Recorder, now *time.Duration) {
	random := rand.New(rand.NewPCG(m.seed, 1))
	fault := history.Op{Process: history.Nemesis, F: history.Inject, Fault: &history.Fault{ID: 1, Name: "partition", Nodes: []string{"n1"}}}
	struck, healed := false, false
	for *now = time.Second; *now < 31*time.Second; *now += time.Second / time.Duration(m.perSecond) {
		if !struck && *now > 11*time.Second {
			r.Complete(r.Invoke(fault), history.OK, history.Value{}, "")
			struck, fault.F = true, history.Heal
		}
		if !healed && *now > 21*time.Second {
			r.Complete(r.Invoke(fault), history.OK, history.Value{}, "")
			healed = true
		}
		begun := *now
		op := r.Invoke(history.Op{F: "read", Node: "n1"})
		*now += time.Duration(float64(m.latency) * (0.5 + random.Float64()))
		r.Complete(op, history.OK, history.Value{}, "")
		*now = begun
	}
}

func writeJSON(t *testing.T, path string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, path string) compare.Side {
	t.Helper()
	side, err := compare.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return side
}

func run(t *testing.T, old, new string) compare.Comparison {
	t.Helper()
	c, err := compare.Compare(load(t, old), load(t, new), compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func good() made {
	return made{run: etcd(), verdict: verdict(checkers.Valid), latency: time.Millisecond, perSecond: 100}
}

func TestARunIsNotWorseThanItself(t *testing.T) {
	dir := good().store(t, t.TempDir())
	c := run(t, dir, dir)
	if c.Regressed() || c.Figures == 0 {
		t.Errorf("%d figures, %v", c.Figures, c.Regressions)
	}
}

func TestWhatGotWorse(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*made)
		want   []string
	}{
		"a broken promise": {func(m *made) { m.verdict = verdict(checkers.Invalid, "stale-read") },
			[]string{"the whole verdict: broken", "linearizable register: broken", "stale-read: not found before"}},
		"no proof":       {func(m *made) { m.verdict = verdict(checkers.Unknown) }, []string{"the whole verdict: proved before", "linearizable register: proved before"}},
		"latency":        {func(m *made) { m.latency *= 2 }, []string{"read p50 without", "read p95 without", "read p99 without", "latency p50 under", "latency p95 under", "latency p99 under"}},
		"throughput":     {func(m *made) { m.perSecond = 50 }, []string{"answered without", "answered under"}},
		"only noise":     {func(m *made) { m.seed = 2 }, nil},
		"another rate":   {func(m *made) { m.perSecond, m.run.Rate = 50, 50 }, nil},
		"other machine":  {func(m *made) { m.latency *= 2; m.run.Machine = "linux/amd64, kernel 6.1, 4 cores" }, nil},
		"another kernel": {func(m *made) { m.perSecond = 50; m.run.Machine = "linux/amd64, kernel 6.2, 2 cores" }, []string{"answered without", "answered under"}},
		"other faults":   {func(m *made) { m.perSecond, m.run.Nemesis = 50, "kill" }, []string{"answered without"}},
		"no history":     {func(m *made) { m.perSecond = 0 }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			after := good()
			c.change(&after)
			got := run(t, good().store(t, t.TempDir()), after.store(t, t.TempDir())).Regressions
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// many stores runs of several seeds, so many of them invalid.
func many(t *testing.T, valid, invalid int, anomaly string) string {
	root := t.TempDir()
	for i := range valid + invalid {
		m := good()
		m.run.Seed, m.perSecond = int64(i), 0
		if i < invalid {
			m.verdict = verdict(checkers.Invalid, anomaly)
		}
		m.store(t, filepath.Join(root, "etcd-register", fmt.Sprint(i)))
	}
	return root
}

func TestSeveralRuns(t *testing.T) {
	for _, c := range []struct {
		old, new [2]int // valid, invalid
		worse    bool
		change   compare.Change
	}{
		{[2]int{5, 0}, [2]int{4, 1}, true, compare.Worse},
		{[2]int{4, 1}, [2]int{3, 2}, false, compare.Same},
		{[2]int{9, 1}, [2]int{1, 9}, true, compare.Worse},
		{[2]int{1, 9}, [2]int{9, 1}, false, compare.Better},
		{[2]int{0, 3}, [2]int{3, 0}, false, compare.Better},
		{[2]int{2, 1}, [2]int{3, 0}, false, compare.Same},
	} {
		got := run(t, many(t, c.old[0], c.old[1], "lost"), many(t, c.new[0], c.new[1], "lost"))
		if got.Regressed() != c.worse || got.Scenarios[0].Promises[0].Change != c.change {
			t.Errorf("%v against %v: %s, %v", c.old, c.new, got.Scenarios[0].Promises[0].Change, got.Regressions)
		}
	}
}

func TestAnotherAnomalyIsNotHiddenBehindAKnownOne(t *testing.T) {
	c := run(t, many(t, 0, 3, "stale-read"), many(t, 0, 3, "lost"))
	if len(c.Regressions) != 1 || !strings.HasPrefix(c.Regressions[0], "lost: not found before") {
		t.Errorf("%q", c.Regressions)
	}
}

func TestScenariosArePaired(t *testing.T) {
	old, new := t.TempDir(), t.TempDir()
	add := func(root, name string, change func(*made)) {
		m := good()
		m.perSecond = 0
		change(&m)
		m.store(t, filepath.Join(root, name))
	}
	add(old, "a", func(m *made) {})
	add(old, "b", func(m *made) { m.run.Workload = "queue" })
	add(new, "a", func(m *made) { m.run.Settings = map[string]string{"version": "2"} })
	add(new, "b", func(m *made) {
		m.run.Settings = map[string]string{"reads": "any"}
		m.verdict = verdict(checkers.Invalid, "stale-read")
	})
	add(new, "c", func(m *made) { m.run.Error = "no engine"; m.verdict = nil })
	add(new, "d", func(m *made) { m.verdict = nil })
	c := run(t, old, new)
	if len(c.Scenarios) != 1 || c.Scenarios[0].NewRuns != 1 || c.Regressed() {
		t.Errorf("%+v", c.Scenarios)
	}
	if len(c.OnlyOld) != 1 || !strings.Contains(c.OnlyOld[0], "queue") || len(c.OnlyNew) != 1 || !strings.Contains(c.OnlyNew[0], "reads=any") {
		t.Errorf("only in OLD %q, only in NEW %q", c.OnlyOld, c.OnlyNew)
	}
	if len(c.New.Skipped) != 2 {
		t.Errorf("skipped %v", c.New.Skipped)
	}
	var text strings.Builder
	if err := c.Text(&text); err != nil || !strings.Contains(text.String(), "version") || !strings.Contains(text.String(), "only in NEW: etcd register, nemesis partition, reads=any") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	empty, unjudged, other := t.TempDir(), good(), good()
	unjudged.verdict = nil
	other.run.Workload = "queue"
	for path, want := range map[string]string{
		empty:                             "run.json is missing",
		filepath.Join(empty, "not-there"): "no such file",
		unjudged.store(t, t.TempDir()):    "never judged",
	} {
		if _, err := compare.Load(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, err := compare.Compare(load(t, good().store(t, t.TempDir())), load(t, other.store(t, t.TempDir())), compare.Options{})
	if err == nil || !strings.Contains(err.Error(), "workload") {
		t.Errorf("%v", err)
	}
}

func TestAComparisonIsTheSameEachTimeAndFitsIntoJSON(t *testing.T) {
	after := good()
	after.seed, after.latency = 7, 1100*time.Microsecond
	a, b := good().store(t, t.TempDir()), after.store(t, t.TempDir())
	first, err := json.Marshal(run(t, a, b))
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(run(t, a, b))
	if err != nil || string(first) != string(second) {
		t.Errorf("%v\n%s\n%s", err, first, second)
	}
}
