package assaytest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/assaytest"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/harness/targets/etcd"
	"github.com/assaykit/assay/workloads"
)

// observer is a test that is looked at by another one.
type observer struct {
	testing.TB
	ctx      context.Context
	out      bytes.Buffer
	failed   bool
	deadline time.Time
}

func (o *observer) Helper()                  {}
func (o *observer) Name() string             { return "TestStore/seed=1" }
func (o *observer) Context() context.Context { return o.ctx }
func (o *observer) Output() io.Writer        { return io.Discard }
func (o *observer) Cleanup(f func())         { o.TB.Cleanup(f) }
func (o *observer) Logf(format string, args ...any) {
	fmt.Fprintf(&o.out, format+"\n", args...)
}
func (o *observer) Errorf(format string, args ...any) { o.failed = true; o.Logf(format, args...) }
func (o *observer) Fatalf(format string, args ...any) { o.Errorf(format, args...); runtime.Goexit() }
func (o *observer) Fatal(args ...any)                 { o.Fatalf("%s", fmt.Sprint(args...)) }
func (o *observer) Deadline() (time.Time, bool)       { return o.deadline, !o.deadline.IsZero() }

// watch runs the test as a user's would, and tells how that ended.
func watch(t *testing.T, o *observer, test harness.Test) (outcome harness.Outcome) {
	t.Helper()
	t.Setenv("ASSAY_STATE", t.TempDir())
	o.TB, o.ctx = t, t.Context()
	done := make(chan struct{})
	go func() {
		defer close(done)
		outcome = assaytest.Run(o, test)
	}()
	<-done
	return outcome
}

func quick(settings map[string]string) harness.Test {
	return harness.Test{
		Target: demo.New(), Workload: workloads.NewLock(), TargetSettings: settings,
		Duration: 3 * time.Second, Settle: time.Millisecond,
	}
}

func TestAValidRunPassesAndLeavesNothing(t *testing.T) {
	var o observer
	out := watch(t, &o, quick(nil))
	if o.failed || out.Verdict.Validity != checkers.Valid {
		t.Fatalf("failed %v, %s: %s", o.failed, out.Verdict.Validity, &o.out)
	}
	if _, err := os.Stat(out.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", out.Dir, err)
	}
}

// A broken promise fails the test, and what it prints leads back to it.
func TestABrokenPromiseFailsTheTest(t *testing.T) {
	t.Setenv(assaytest.SeedVariable, "42")
	kept := t.TempDir()
	t.Setenv(assaytest.ResultsVariable, kept)
	var o observer
	test := quick(map[string]string{"bug": "read-committed-transactions"})
	test.Workload, test.Duration = workloads.NewAppend(), 5*time.Second
	out := watch(t, &o, test)
	if !o.failed || out.Verdict.Validity != checkers.Invalid {
		t.Fatalf("failed %v, %s: %s", o.failed, out.Verdict.Validity, &o.out)
	}
	report := filepath.Join(out.Dir, "report.html")
	for _, want := range []string{"INVALID", out.Verdict.Findings[0].Anomaly, report, "assay check " + out.Dir, "ASSAY_SEED=42 go -C ", "'^TestStore$/^seed=1$'"} {
		if !strings.Contains(o.out.String(), want) {
			t.Errorf("there is no %s in\n%s", want, &o.out)
		}
	}
	if _, err := os.Stat(report); err != nil || !strings.HasPrefix(out.Dir, kept) {
		t.Errorf("the run is in %s: %v", out.Dir, err)
	}
}

// An operation that never succeeds proves nothing, and that is a failure too.
func TestARunThatProvesNothingFailsTheTest(t *testing.T) {
	t.Setenv(assaytest.ResultsVariable, t.TempDir())
	var o observer
	test := quick(nil)
	test.Duration, test.OpTimeout = time.Second, time.Nanosecond
	out := watch(t, &o, test)
	if !o.failed || out.Verdict.Validity != checkers.Unknown || !strings.Contains(o.out.String(), "no operation has a known outcome") {
		t.Errorf("failed %v, %s: %s", o.failed, out.Verdict.Validity, &o.out)
	}
}

func TestWhatCannotTakePlaceFailsTheTest(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
	long := quick(nil)
	long.Duration = time.Hour
	broken := quick(nil)
	broken.Start = func(context.Context, cluster.Options) (cluster.Cluster, error) {
		return nil, fmt.Errorf("out of machines")
	}
	container := quick(nil)
	container.Target = etcd.New()
	unfit := quick(nil)
	unfit.Target, unfit.Workload = etcd.New(), workloads.NewLog()
	for _, c := range []struct {
		name string
		test harness.Test
		seed string
		want string
	}{
		{"no target", harness.Test{}, "", "needs a Target and a Workload"},
		{"no engine", container, "", "runs in containers only: no container engine in reach"},
		{"no such data type", unfit, "", "etcd cannot be tested with workload log"},
		{"no cluster", broken, "", "which is no verdict: start the cluster: out of machines"},
		{"no seed", quick(nil), "seven", "ASSAY_SEED=seven is not a seed"},
		{"no time", long, "", "raise -timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(assaytest.SeedVariable, c.seed)
			t.Setenv(assaytest.ResultsVariable, t.TempDir())
			o := observer{deadline: time.Now().Add(time.Minute)}
			watch(t, &o, c.test)
			if !o.failed || !strings.Contains(o.out.String(), c.want) {
				t.Errorf("failed %v: %s", o.failed, &o.out)
			}
		})
	}
}
