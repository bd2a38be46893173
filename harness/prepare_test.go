package harness_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// expectant is a workload that has to be prepared, which goes wrong a few times.
type expectant struct {
	workloads.Workload
	refusals int64
	tried    atomic.Int64
	failing  func()
}

func (e *expectant) Prepare(ctx context.Context, c cluster.Client, _ workloads.Config) error {
	if e.tried.Add(1) <= e.refusals {
		if e.failing != nil {
			e.failing()
		}
		return errors.New("not yet")
	}
	return c.(workloads.Register).Write(ctx, "prepared", 1)
}

func TestAWorkloadIsPreparedBeforeItsFirstOperation(t *testing.T) {
	m := newMemory()
	test := quick(t, m)
	w := &expectant{Workload: workloads.NewRegister(), refusals: 2}
	test.Workload = w
	out := run(t, test)
	if tried := w.tried.Load(); out.Verdict.Validity != checkers.Valid || tried != 3 {
		t.Errorf("%v after %d attempts to prepare: %s", out.Verdict.Validity, tried, out.Verdict.Reason)
	}
	if h := recorded(t, out); len(h.Calls()) == 0 || h.Calls()[0].Key == "prepared" || m.values["prepared"] != 1 {
		t.Error("the preparation is no operation of the history, and comes before it")
	}
}

func TestAWorkloadThatCannotBePreparedIsNoVerdict(t *testing.T) {
	test := quick(t, newMemory())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &expectant{Workload: workloads.NewRegister(), refusals: 1 << 40, failing: cancel}
	test.Workload = w
	out, err := harness.Run(ctx, test)
	if err == nil || !strings.Contains(err.Error(), "prepare the workload register: on n1: not yet") {
		t.Errorf("got %v, %v", out.Verdict.Validity, err)
	}
}
