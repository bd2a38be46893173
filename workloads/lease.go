package workloads

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/checkers"
	leasechecker "github.com/assaykit/assay/checkers/lease"
	"github.com/assaykit/assay/checkers/linearizability"
	lockchecker "github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

var (
	leaseLow = span{key: "shortest", otherwise: time.Second, low: 10 * time.Millisecond, high: time.Minute,
		about: "the shortest lease that is asked for"}
	leaseHigh = span{key: "longest", otherwise: 3 * time.Second, low: 10 * time.Millisecond, high: time.Minute,
		about: "the longest lease that is asked for"}
	leaseLapses = number{key: "lapse-share", otherwise: 50, low: 0, high: 100,
		about: "how many of a hundred leases nobody releases"}
	leaseSkew = span{key: "skew", otherwise: 0, low: 0, high: time.Minute,
		about: "by how much the clocks of the system and of the history may differ over one lease"}
)

type lease struct{}

// NewLease acquires locks that are held for a time, releases some of them early and
// lets others lapse, and demands that nobody else gets one before its time is over,
// and that its fencing tokens grow.
//
// Operations: acquire gives [milliseconds], the time that was granted, or
// [milliseconds token], and fails with history.Mismatch if somebody else holds the
// lock; release is as that of locks. The owner is the process.
func NewLease() Workload { return lease{} }

func (lease) Name() string { return "lease" }

func (lease) About() string {
	return "acquire locks for a time, release them or let them lapse; nobody else may hold one before that time is over"
}

func (lease) Settings() []cluster.Setting {
	return []cluster.Setting{
		leaseLow.setting(), leaseHigh.setting(), leaseLapses.setting(), leaseSkew.setting(), lockCount.setting(), lockOps.setting(),
	}
}

func (lease) Supports(c cluster.Client) error {
	_, err := asLease(c)
	return err
}

func asLease(c cluster.Client) (Lease, error) {
	return as[Lease](c, "lease", "locks that are held for a time")
}

func (w lease) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	t := leases{
		random: generator.Random(cfg.Seed, "lease"),
		low:    s.span(leaseLow), high: s.span(leaseHigh), lapses: s.number(leaseLapses),
	}
	t.locks = newRotation(t.random, "l", perWorkers(s.number(lockCount), cfg.Workers), max(1, s.number(lockOps)))
	if s.err == nil && t.high < t.low {
		s.err = errors.New("settings shortest and longest: the longest lease is shorter than the shortest")
	}
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	return generator.Forever(t.turn), s.err
}

// leases makes turns at locks: how long they are to be held, and after what time
// they are to be released, both in milliseconds.
type leases struct {
	random    *rand.Rand
	locks     *rotation
	low, high time.Duration
	lapses    int
}

func (t *leases) turn() history.Op {
	hold := int((t.low + time.Duration(t.random.Int64N(int64(t.high-t.low)+1))) / time.Millisecond)
	keep := t.random.IntN(hold/4 + 1)
	if t.random.IntN(100) < t.lapses {
		keep = hold
	}
	return history.Op{F: turnLock, Key: t.locks.next().name, Value: history.Ints(hold, keep)}
}

// Final tries the last locks with short leases, and releases those that can be had.
func (lease) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	s := chosen{cfg: cfg}
	return finalTurns(sofar, worker, history.Ints(int(s.span(leaseLow)/time.Millisecond), 0))
}

func (lease) Remember(Config, cluster.Client, int) Memory { return &tenant{} }

// tenant is the memory of a client that holds a lease, or none.
type tenant struct {
	holder
	// lapses is set if it is not going to release it.
	lapses bool
}

// Part implements Parting. Who lets a lease lapse does so also when he hangs up.
func (t *tenant) Part() (Step, bool) {
	step, holds := t.holder.Part()
	return step, holds && !t.lapses
}

func (t *tenant) Next(ctx context.Context, wish history.Op) Step {
	if t.holds {
		wait(ctx, clock.Until(ctx, t.until))
	}
	if t.holds && !t.lapses {
		op := history.Op{F: releaseLock, Key: t.lock, Final: wish.Final}
		return Step{Op: op, Call: t.release(op)}
	}
	t.holds = false
	op := history.Op{F: acquireLock, Key: wish.Key, Final: wish.Final}
	hold, keep, err := pair(wish)
	if err != nil {
		return Step{Op: op, Call: failed(err)}
	}
	return Step{Op: op, Call: t.acquireFor(op, hold, keep)}
}

func (t *tenant) acquireFor(op history.Op, hold, keep int) Call {
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		client, err := asLease(c)
		if err != nil {
			return op.Value, nil, err
		}
		held, token, err := client.AcquireFor(ctx, op.Key, time.Duration(hold)*time.Millisecond)
		if err = refused(held, err); err != nil {
			return op.Value, nil, err
		}
		granted := history.Ints(hold)
		if token != 0 {
			granted = history.Ints(hold, int(token))
		}
		until := clock.Now(ctx).Add(time.Duration(keep) * time.Millisecond)
		return granted, func() { *t = tenant{holder{op.Key, true, until}, keep >= hold} }, nil
	}
}

func (lease) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	if _, err := asLease(c); err != nil {
		return op.Value, err
	}
	switch op.F {
	case turnLock, acquireLock:
		hold, keep, err := pair(op)
		if err != nil {
			return op.Value, err
		}
		return new(tenant).acquireFor(op, hold, keep).without(ctx, c)
	case releaseLock:
		return new(tenant).release(op).without(ctx, c)
	}
	return op.Value, unknown("lease", op, "acquire, release")
}

func (lease) Checker(cfg Config) (checkers.Checker, error) {
	s := chosen{cfg: cfg}
	skew := s.span(leaseSkew)
	return fenced{leasechecker.New(skew), linearizability.New(lockchecker.Tokens()), endsWithToken}, s.err
}

func endsWithToken(v history.Value) bool {
	items, _ := v.Items()
	return len(items) == 2
}

var _ Remembering = lease{}
