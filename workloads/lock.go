package workloads

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	lockchecker "github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on locks. A turn is a wish: to acquire a lock for some milliseconds,
// or, of a client that holds one, to release it once they are over.
const (
	turnLock    = "turn"
	acquireLock = "acquire"
	releaseLock = "release"
)

const (
	mutexExpected  = "mutex"
	tokensExpected = "tokens"
)

var (
	lockCount = number{key: "locks", otherwise: 0, low: 0, high: 10_000,
		about: "how many locks are in use at a time; 0 is one for three clients"}
	lockOps = number{key: "ops-per-lock", otherwise: 100, low: 2, high: 1_000_000,
		about: "how many operations a lock gets before a new one takes its place; one whose holder is gone may stay locked"}
	lockHold = span{key: "hold", otherwise: 20 * time.Millisecond, low: 0, high: 10 * time.Second,
		about: "for how long most holders keep a lock at most"}
	lockLong = span{key: "long-hold", otherwise: 1500 * time.Millisecond, low: 0, high: 20 * time.Second,
		about: "for how long the others do"}
	lockLongs = number{key: "long-share", otherwise: 5, low: 0, high: 100,
		about: "how many of a hundred holders are others"}
	lockExpect = cluster.Setting{
		Key: "expect", Default: mutexExpected, About: "what the locks promise",
		Choices: []cluster.Choice{
			{Value: mutexExpected, About: "one holder at a time, and tokens that grow if there are any"},
			{Value: tokensExpected, About: "only that tokens grow, so that a resource can refuse who lost the lock without knowing"},
		},
	}
)

// finalLocks is how many locks are tried at the end.
const finalLocks = 8

type lock struct{}

// NewLock acquires locks, holds them for a moment, for longer now and then, and
// releases them; it demands that nobody else holds a lock meanwhile, and that its
// fencing tokens grow.
//
// Operations: acquire gives the token, or null if there are none, and fails with
// history.Mismatch if somebody else holds the lock; release fails with that if
// the system says that the lock was lost. The owner is the process.
func NewLock() Workload { return lock{} }

func (lock) Name() string { return "lock" }

func (lock) About() string {
	return "acquire locks, hold and release them; nobody else may hold one meanwhile, and fencing tokens must grow"
}

func (lock) Settings() []cluster.Setting {
	return []cluster.Setting{
		lockExpect, lockHold.setting(), lockLong.setting(), lockLongs.setting(), lockCount.setting(), lockOps.setting(),
	}
}

func (lock) Supports(c cluster.Client) error {
	_, err := asLock(c)
	return err
}

func asLock(c cluster.Client) (Lock, error) {
	return as[Lock](c, "lock", "locks that can be acquired and released")
}

func (w lock) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	t := turns{
		random: generator.Random(cfg.Seed, "lock"),
		hold:   s.span(lockHold), long: s.span(lockLong), longs: s.number(lockLongs),
	}
	t.locks = newRotation(t.random, "l", perWorkers(s.number(lockCount), cfg.Workers), max(1, s.number(lockOps)))
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	return generator.Forever(t.turn), s.err
}

// turns makes turns at locks.
type turns struct {
	random     *rand.Rand
	locks      *rotation
	hold, long time.Duration
	longs      int
}

func (t *turns) turn() history.Op {
	hold := time.Duration(t.random.Int64N(int64(t.hold) + 1))
	if t.random.IntN(100) < t.longs {
		hold = t.long
	}
	return history.Op{F: turnLock, Key: t.locks.next().name, Value: history.Int(int(hold / time.Millisecond))}
}

// Final tries the last locks, and releases those that can be had.
func (lock) Final(_ Config, sofar *history.History, worker int) generator.Generator {
	return finalTurns(sofar, worker, history.Value{})
}

// finalTurns has one turn at each of the last locks, and another one to release it.
func finalTurns(sofar *history.History, worker int, value history.Value) generator.Generator {
	locks := lastKeys(sofar, finalLocks)
	var all []generator.Generator
	for i := range locks {
		turn := history.Op{F: turnLock, Key: locks[(i+worker)%len(locks)], Value: value, Final: true}
		all = append(all, generator.Func(func(done *history.Op) (history.Op, bool) {
			return turn, done == nil || done.Type == history.OK && done.F == acquireLock
		}))
	}
	return generator.Sequence(all...)
}

func (lock) Remember(Config, cluster.Client, int) Memory { return &holder{} }

// holder is the memory of a client that holds a lock, or none.
type holder struct {
	lock  string
	holds bool
	until time.Time
}

func (h *holder) Disconnected() { h.holds = false }

// Part implements Parting: many systems take a lock away together with the connection,
// and the history has to tell.
func (h *holder) Part() (Step, bool) {
	op := history.Op{F: releaseLock, Key: h.lock, Final: true}
	return Step{Op: op, Call: h.release(op)}, h.holds
}

func (h *holder) Next(ctx context.Context, wish history.Op) Step {
	if h.holds {
		wait(ctx, clock.Until(ctx, h.until))
		op := history.Op{F: releaseLock, Key: h.lock, Final: wish.Final}
		return Step{Op: op, Call: h.release(op)}
	}
	milliseconds, _ := wish.Value.Int()
	op := history.Op{F: acquireLock, Key: wish.Key, Final: wish.Final}
	return Step{Op: op, Call: h.acquire(op, time.Duration(milliseconds)*time.Millisecond)}
}

func (h *holder) acquire(op history.Op, hold time.Duration) Call {
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		client, err := asLock(c)
		if err != nil {
			return op.Value, nil, err
		}
		held, token, err := client.Acquire(ctx, op.Key)
		if err = refused(held, err); err != nil {
			return op.Value, nil, err
		}
		return optional(int(token), token != 0), func() { *h = holder{op.Key, true, clock.Now(ctx).Add(hold)} }, nil
	}
}

// releaser is a Lock or a Lease.
type releaser interface {
	Release(ctx context.Context, lock string) (released bool, err error)
}

// release ends the hold if the system said anything definite about the lock. If it did
// not, the client hangs up, and the lock may be anybody's from then on: also where
// nothing was sent, for then the system does not hear of the client either, and may
// take it for gone.
func (h *holder) release(op history.Op) Call {
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		client, ok := c.(releaser)
		if !ok {
			return op.Value, nil, NoEffect(errors.New("lock: the clients of this target do not release locks"))
		}
		released, err := client.Release(ctx, op.Key)
		if err = refused(released, err); err != nil && !errors.Is(err, ErrMismatch) {
			return op.Value, nil, doubtful(err)
		}
		return op.Value, func() { h.holds = false }, err
	}
}

// doubtful is an error that proves nothing.
func doubtful(err error) error { return errors.New(err.Error()) }

// refused is the error of a request which the system itself answered with no.
func refused(granted bool, err error) error {
	if err == nil && !granted {
		return ErrMismatch
	}
	return err
}

func (lock) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	if _, err := asLock(c); err != nil {
		return op.Value, err
	}
	switch op.F {
	case acquireLock:
		return new(holder).acquire(op, 0).without(ctx, c)
	case releaseLock:
		return new(holder).release(op).without(ctx, c)
	}
	return op.Value, unknown("lock", op, "acquire, release")
}

func (lock) Checker(cfg Config) (checkers.Checker, error) {
	expected, err := choice(cfg, lockExpect)
	if err != nil {
		return nil, err
	}
	tokens := linearizability.New(lockchecker.Tokens())
	if expected == tokensExpected {
		return tokens, nil
	}
	return fenced{linearizability.New(lockchecker.Mutex()), tokens, isToken}, nil
}

func isToken(v history.Value) bool { return v.Kind() == history.KindInt }

// fenced judges the tokens of a lock too, if there are any.
type fenced struct {
	checkers.Checker
	tokens checkers.Checker
	has    func(history.Value) bool
}

func (f fenced) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	for i := range h.Ops {
		if op := &h.Ops[i]; op.F == acquireLock && op.Type == history.OK && f.has(op.Value) {
			return checkers.All(f.Name(), f.Checker, f.tokens).Check(ctx, h)
		}
	}
	return f.Checker.Check(ctx, h)
}

var _ Remembering = lock{}
