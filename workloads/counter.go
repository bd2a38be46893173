package workloads

import (
	"context"
	"math"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/eventual"
	counterchecker "github.com/assaykit/assay/checkers/linearizability/counter"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on counters.
const (
	addCounter  = "add"
	readCounter = "read"
)

var (
	counterCount = number{key: "counters", otherwise: 0, low: 0, high: 10_000,
		about: "how many counters are in use at a time; 0 is one for three clients"}
	counterOps = number{key: "ops-per-counter", otherwise: 400, low: 2, high: 1_000_000,
		about: "how many operations a counter gets before a new one takes its place"}
	counterReads = number{key: "read-share", otherwise: 40, low: 0, high: 99,
		about: "how many of a hundred operations read"}
)

type counter struct{}

// NewCounter counts by one and reads, and demands that each counter is
// linearizable.
//
// Operations: add takes 1; read gives an integer.
func NewCounter() Workload { return counter{} }

func (counter) Name() string { return "counter" }

func (counter) About() string {
	return "count by one and read; each counter must be linearizable, so that nothing is counted twice or lost"
}

func (counter) Settings() []cluster.Setting {
	return []cluster.Setting{promise, counterCount.setting(), counterOps.setting(), counterReads.setting()}
}

func (counter) Supports(c cluster.Client) error {
	_, err := asCounter(c)
	return err
}

func asCounter(c cluster.Client) (Counter, error) {
	return as[Counter](c, "counter", "counters that can be incremented and read")
}

func (w counter) Generator(cfg Config) (generator.Generator, error) {
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	s := chosen{cfg: cfg}
	count, ops, reads := s.number(counterCount), s.number(counterOps), s.number(counterReads)
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "counter")
	counters := newRotation(random, "c", perWorkers(count, cfg.Workers), ops)
	return generator.Mix(random,
		generator.Weighted{Weight: reads, Of: generator.Forever(func() history.Op {
			return history.Op{F: readCounter, Key: counters.next().name}
		})},
		generator.Weighted{Weight: 100 - reads, Of: generator.Forever(func() history.Op {
			return history.Op{F: addCounter, Key: counters.next().name, Value: history.Int(1)}
		})},
	), nil
}

// Final reads the last counters; where only final reads have to have everything, all of
// them.
func (counter) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	most := finalKeys
	if promised, _ := choice(cfg, promise); promised == eventualPromise {
		most = math.MaxInt
	}
	return finalReads(cfg, "counter", lastKeys(sofar, most), worker, readCounter)
}

// finalReads reads each of some keys, each time in another order.
func finalReads(cfg Config, workload string, keys []string, worker int, f string) generator.Generator {
	random := generator.Random(cfg.Seed, finalOf(workload, worker))
	var ops []history.Op
	for range finalRounds {
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys {
			ops = append(ops, history.Op{F: f, Key: key, Final: true})
		}
	}
	return generator.Ops(ops...)
}

func (counter) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asCounter(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case addCounter:
		by, err := integer(op)
		if err != nil {
			return op.Value, err
		}
		return op.Value, client.Increment(ctx, op.Key, by)
	case readCounter:
		count, err := client.Count(ctx, op.Key)
		return optional(count, err == nil), err
	}
	return op.Value, unknown("counter", op, "add, read")
}

func (counter) Checker(cfg Config) (checkers.Checker, error) {
	chosen, err := choice(cfg, promise)
	if chosen == eventualPromise {
		return eventual.Counters(), err
	}
	return counterchecker.New(), err
}
