package workloads

import (
	"context"
	"math"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/eventual"
	setchecker "github.com/assaykit/assay/checkers/set"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on sets.
const (
	addSet  = "add"
	readSet = "read"
)

var (
	setCount = number{key: "sets", otherwise: 0, low: 0, high: 10_000,
		about: "how many sets are in use at a time; 0 is one for three clients"}
	setOps = number{key: "ops-per-set", otherwise: 200, low: 2, high: 10_000,
		about: "how many operations a set gets before a new one takes its place; whole sets are read, so this bounds the size of answers"}
	setAdds = number{key: "add-share", otherwise: 80, low: 1, high: 100,
		about: "how many of a hundred operations add; the others read a whole set"}
)

type set struct{}

// NewSet adds elements, each only once, to sets that only grow, reads whole sets,
// and demands that no element is lost.
//
// Operations: add takes an integer; read gives the list of all elements.
func NewSet() Workload { return set{} }

func (set) Name() string { return "set" }

func (set) About() string {
	return "add elements to growing sets and read them whole; none may be lost, and how long they were missing is measured"
}

func (set) Settings() []cluster.Setting {
	return []cluster.Setting{promise, setCount.setting(), setOps.setting(), setAdds.setting()}
}

func (set) Supports(c cluster.Client) error {
	_, err := asSet(c)
	return err
}

func asSet(c cluster.Client) (Set, error) {
	return as[Set](c, "set", "sets that can be added to and read")
}

func (w set) Generator(cfg Config) (generator.Generator, error) {
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	s := chosen{cfg: cfg}
	count, ops, adds := s.number(setCount), s.number(setOps), s.number(setAdds)
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "set")
	e := &elements{sets: newRotation(random, "s", perWorkers(count, cfg.Workers), ops)}
	return generator.Mix(random,
		generator.Weighted{Weight: adds, Of: generator.Forever(e.add)},
		generator.Weighted{Weight: 100 - adds, Of: generator.Forever(e.read)},
	), nil
}

// elements makes operations on sets.
type elements struct {
	sets *rotation
	last int
}

func (e *elements) add() history.Op {
	e.last++
	return history.Op{F: addSet, Key: e.sets.next().name, Value: history.Int(e.last)}
}

func (e *elements) read() history.Op { return history.Op{F: readSet, Key: e.sets.next().name} }

// Final reads every set once.
func (set) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	sets := lastKeys(sofar, math.MaxInt)
	random := generator.Random(cfg.Seed, finalOf("set", worker))
	random.Shuffle(len(sets), func(i, j int) { sets[i], sets[j] = sets[j], sets[i] })
	ops := make([]history.Op, len(sets))
	for i, name := range sets {
		ops[i] = history.Op{F: readSet, Key: name, Final: true}
	}
	return generator.Ops(ops...)
}

func (set) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asSet(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case addSet:
		return op.Value, invokeAdd(ctx, client, op)
	case readSet:
		return invokeElements(ctx, client, op)
	}
	return op.Value, unknown("set", op, "add, read")
}

func invokeAdd(ctx context.Context, client Set, op history.Op) error {
	element, err := integer(op)
	if err != nil {
		return err
	}
	return client.Add(ctx, op.Key, element)
}

func invokeElements(ctx context.Context, client Set, op history.Op) (history.Value, error) {
	elements, err := client.Elements(ctx, op.Key)
	if err != nil {
		return history.Value{}, err
	}
	return history.Ints(elements...), nil
}

func (set) Checker(cfg Config) (checkers.Checker, error) {
	chosen, err := choice(cfg, promise)
	if chosen == eventualPromise {
		return eventual.Sets(), err
	}
	return setchecker.New(), err
}
