package harness_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// TestClientsMoveBetweenNodes: a session of one operation a node goes round.
func TestClientsMoveBetweenNodes(t *testing.T) {
	test := quick(t, newMemory())
	test.Workload, test.WorkloadSettings = workloads.NewSession(), map[string]string{"moves": "1"}
	out := run(t, test)
	if out.Verdict.Validity != checkers.Valid {
		t.Errorf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	next := map[string]string{"n1": "n2", "n2": "n3", "n3": "n1"}
	last, moved := map[int]string{}, 0
	for _, call := range recorded(t, out).Calls() {
		before, known := last[call.Process]
		if last[call.Process] = call.Node; !known || call.Final {
			continue
		}
		if moved++; call.Node != next[before] {
			t.Fatalf("process %d goes from %s to %s", call.Process, before, call.Node)
		}
	}
	if moved < 100 {
		t.Errorf("clients moved %d times", moved)
	}
}

// TestWhoHangsUpReleasesOnRecord: a lock goes with the connection, and another client
// gets it.
func TestWhoHangsUpReleasesOnRecord(t *testing.T) {
	test := quick(t, newMemory())
	// Each of six clients acquires a lock of its own, and waits for its turn to go on
	// when the time is over.
	test.Workload, test.WorkloadSettings = workloads.NewLock(), map[string]string{"locks": "1000"}
	test.Rate = 6
	out := run(t, test)
	if out.Verdict.Validity != checkers.Valid {
		t.Errorf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	parted, again := 0, 0
	for _, call := range recorded(t, out).Calls() {
		switch {
		case call.Type != history.OK || !call.Final:
		case call.F == "acquire":
			again++
		case call.Process >= 3:
			parted++
		}
	}
	if parted == 0 || again == 0 {
		t.Errorf("%d of those who hung up released, and %d locks were acquired at the end", parted, again)
	}
}

// reluctant is a target whose clients of one node take their time to release a lock.
type reluctant struct{ *memory }

func (r reluctant) Dial(ctx context.Context, n cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	c, err := r.memory.Dial(ctx, n, cfg)
	if err != nil || n.Name() != "n3" {
		return c, err
	}
	return reluctantClient{c.(*memoryClient)}, nil
}

type reluctantClient struct{ *memoryClient }

func (c reluctantClient) Release(ctx context.Context, lock string) (bool, error) {
	time.Sleep(50 * time.Millisecond)
	return c.memoryClient.Release(ctx, lock)
}

// TestWhatIsHeldEndsBeforeTheFinalReads: a client may have lost what it holds while the
// faults were healed, and nobody may get it before the history tells.
func TestWhatIsHeldEndsBeforeTheFinalReads(t *testing.T) {
	m := newMemory()
	test := quick(t, m)
	test.Target = reluctant{m}
	test.Workload, test.WorkloadSettings = workloads.NewLock(), map[string]string{"locks": "1000"}
	test.Rate = 6
	out := run(t, test)
	held, acquired, told := map[string]bool{}, -1, -1
	for _, call := range recorded(t, out).Calls() {
		switch {
		case !call.Final && call.F == "acquire" && call.Type == history.OK:
			held[call.Key] = true
		case call.Final && call.F == "acquire" && acquired < 0:
			acquired = call.Invoke
		case call.Final && call.F == "release" && held[call.Key]:
			delete(held, call.Key)
			told = max(told, call.Complete)
		}
	}
	if told < 0 || acquired < told {
		t.Errorf("the last release of what was held ends at operation %d, the first acquire begins at %d", told, acquired)
	}
}

// slow is a workload whose every tenth operation outlasts its deadline and does not
// notice.
type slow struct {
	workloads.Workload
	late, noted, dropped *atomic.Int64
}

func (s slow) Remember(workloads.Config, cluster.Client, int) workloads.Memory {
	return &slowMemory{slow: s}
}

type slowMemory struct {
	slow
	steps int
}

func (m *slowMemory) Disconnected() { m.dropped.Add(1) }

func (m *slowMemory) Next(_ context.Context, wish history.Op) workloads.Step {
	m.steps++
	late := m.steps%10 == 0
	return workloads.Step{Op: wish, Call: func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		v, err := m.Invoke(ctx, c, wish)
		if late {
			m.late.Add(1)
			time.Sleep(3 * time.Second) // much longer than it is waited for
			return v, func() { m.noted.Add(1) }, err
		}
		return v, nil, err
	}}
}

// TestWhatCameTooLateIsNotRemembered: nobody waits for it any more.
func TestWhatCameTooLateIsNotRemembered(t *testing.T) {
	test := quick(t, newMemory())
	s := slow{workloads.NewRegister(), new(atomic.Int64), new(atomic.Int64), new(atomic.Int64)}
	test.Workload = s
	run(t, test)
	if s.late.Load() == 0 || s.noted.Load() > 0 || s.dropped.Load() < s.late.Load() {
		t.Errorf("%d came too late, %d of them were noted, %d connections were dropped", s.late.Load(), s.noted.Load(), s.dropped.Load())
	}
}
