package workloads

import (
	"context"
	"math"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	monotonicchecker "github.com/assaykit/assay/checkers/monotonic"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on counters that only grow.
const (
	createMonotonic    = "create"
	incrementMonotonic = "increment"
	readMonotonic      = "read"
)

var (
	monotonicExpect = expectation(isolation.StrictSerializable, func(l isolation.Level) bool {
		return l == isolation.Serializable || l == isolation.StrongSessionSerializable || l == isolation.StrictSerializable
	})
	monotonicKeys = number{key: "keys", otherwise: 0, low: 0, high: 10_000,
		about: "how many counters are in use at a time; 0 is one for three clients"}
	monotonicOps = number{key: "ops-per-key", otherwise: 200, low: 3, high: 1_000_000,
		about: "how many operations a counter gets before a new one takes its place"}
	monotonicReads = number{key: "read-share", otherwise: 60, low: 1, high: 99,
		about: "how many of a hundred operations read; the others increment"}
)

type monotonic struct{}

// NewMonotonic increments registers by one, in transactions of a read and a
// compare-and-set, and reads them, and demands that no increment is lost and that
// nobody sees a register go back: in real time (strict-serializable), in what one
// client does (strong-session-serializable), or not at all (serializable).
//
// Operations: create writes 0, and is made once for each key, so that it undoes
// nothing however late it takes effect; increment gives the value that it left, and
// fails with history.Mismatch if another one came first, or if there is no value
// yet; read gives the value, or null.
func NewMonotonic() Workload { return monotonic{} }

func (monotonic) Name() string { return "monotonic" }

func (monotonic) About() string {
	return "increment and read counters; no increment may be lost, and none may ever be seen to go back"
}

func (monotonic) Settings() []cluster.Setting {
	return []cluster.Setting{monotonicExpect, monotonicKeys.setting(), monotonicOps.setting(), monotonicReads.setting()}
}

func (monotonic) Supports(c cluster.Client) error {
	_, err := asMonotonic(c)
	return err
}

func asMonotonic(c cluster.Client) (Register, error) {
	return as[Register](c, "monotonic", "registers that can be read, written, and compared and set")
}

func (m monotonic) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	keys, ops, reads := s.number(monotonicKeys), s.number(monotonicOps), s.number(monotonicReads)
	if _, err := m.Checker(cfg); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "monotonic")
	counters := newRotation(random, "c", perWorkers(keys, cfg.Workers), ops)
	on := func(f string) generator.Generator {
		return generator.Forever(func() history.Op { return onCounter(counters.next(), f) })
	}
	return generator.Mix(random,
		generator.Weighted{Weight: reads, Of: on(readMonotonic)},
		generator.Weighted{Weight: 100 - reads, Of: on(incrementMonotonic)},
	), nil
}

// onCounter is an operation on a counter, which has to be created first.
func onCounter(counter *object, f string) history.Op {
	if counter.writes++; counter.writes == 1 {
		f = createMonotonic
	}
	return history.Op{F: f, Key: counter.name}
}

// Final reads every counter once.
func (monotonic) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	keys := lastKeys(sofar, math.MaxInt)
	random := generator.Random(cfg.Seed, finalOf("monotonic", worker))
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	ops := make([]history.Op, len(keys))
	for i, key := range keys {
		ops[i] = history.Op{F: readMonotonic, Key: key, Final: true}
	}
	return generator.Ops(ops...)
}

func (monotonic) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asMonotonic(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case readMonotonic:
		value, found, err := client.Read(ctx, op.Key)
		return optional(value, found && err == nil), err
	case createMonotonic:
		return op.Value, client.Write(ctx, op.Key, 0)
	case incrementMonotonic:
		return invokeIncrement(ctx, client, op)
	}
	return op.Value, unknown("monotonic", op, "create, increment, read")
}

// invokeIncrement is one attempt.
func invokeIncrement(ctx context.Context, client Register, op history.Op) (history.Value, error) {
	value, found, err := client.Read(ctx, op.Key)
	if err != nil {
		return history.Value{}, NoEffect(err)
	}
	swapped := false
	if found {
		swapped, err = client.CompareAndSet(ctx, op.Key, value, value+1)
	}
	switch {
	case err != nil:
		return history.Value{}, err
	case !swapped:
		return history.Value{}, ErrMismatch
	}
	return history.Int(value + 1), nil
}

func (monotonic) Checker(cfg Config) (checkers.Checker, error) {
	level, err := expected(cfg, monotonicExpect)
	if err != nil {
		return nil, err
	}
	order := map[isolation.Level]monotonicchecker.Order{
		isolation.Serializable:              monotonicchecker.None,
		isolation.StrongSessionSerializable: monotonicchecker.Session,
		isolation.StrictSerializable:        monotonicchecker.RealTime,
	}[level]
	return monotonicchecker.New(monotonicchecker.Options{Order: order, Clients: cfg.Clients}), nil
}
