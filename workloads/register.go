package workloads

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/spectrum"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on registers.
const (
	readRegister  = "read"
	writeRegister = "write"
	casRegister   = "cas"
)

var (
	registerValues = number{key: "values", otherwise: 0, low: 0, high: 1 << 20,
		about: "how many different values are written; 0 writes a new one each time, which shows most"}
	registerKeys = number{key: "keys", otherwise: 0, low: 0, high: 10_000,
		about: "how many keys are in use at a time; 0 is one for three clients"}
	registerOps = number{key: "ops-per-key", otherwise: 150, low: 2, high: 1_000_000,
		about: "how many operations a key gets before a new one takes its place"}
	registerReads = number{key: "read-share", otherwise: 50, low: 0, high: 99,
		about: "how many of a hundred operations read"}
	registerSwaps = number{key: "cas-share", otherwise: 12, low: 0, high: 99,
		about: "how many of a hundred operations compare and set"}
)

// finalKeys is how many keys are read at the end, and finalRounds how often by
// each worker. A write that was lost from a key which is no longer in use shows
// only there.
const (
	finalKeys   = 64
	finalRounds = 2
)

type register struct{}

// NewRegister reads, writes, and compares and sets many registers, and demands
// that each of them is linearizable.
//
// Operations: read gives an integer, or null if the key was never written; write
// takes an integer; cas takes a pair [old,new] and fails with history.Mismatch
// if the register did not hold old.
func NewRegister() Workload { return register{} }

func (register) Name() string { return "register" }

func (register) About() string {
	return "read, write and compare-and-set integers under many keys; each key must be linearizable"
}

func (register) Settings() []cluster.Setting {
	return []cluster.Setting{
		registerValues.setting(), registerKeys.setting(), registerOps.setting(),
		registerReads.setting(), registerSwaps.setting(),
	}
}

func (register) Supports(c cluster.Client) error {
	_, err := asRegister(c)
	return err
}

func asRegister(c cluster.Client) (Register, error) {
	return as[Register](c, "register", "registers that can be read, written, and compared and set")
}

func (register) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	values, keys, ops := s.number(registerValues), s.number(registerKeys), s.number(registerOps)
	reads, swaps := s.number(registerReads), s.number(registerSwaps)
	if s.err != nil {
		return nil, s.err
	}
	if reads+swaps >= 100 {
		return nil, errors.New("settings read-share and cas-share: their sum has to be below 100, or nothing is ever written")
	}
	random := generator.Random(cfg.Seed, "register")
	r := &registers{
		random: random,
		values: values,
		keys:   newRotation(random, "r", perWorkers(keys, cfg.Workers), ops),
	}
	return generator.Mix(random,
		generator.Weighted{Weight: reads, Of: generator.Forever(r.read)},
		generator.Weighted{Weight: swaps, Of: generator.Forever(r.swap)},
		generator.Weighted{Weight: 100 - reads - swaps, Of: generator.Forever(r.write)},
	), nil
}

// registers makes operations on registers.
type registers struct {
	random *rand.Rand
	keys   *rotation
	// values is how many there are; if 0, last is the newest of endlessly many.
	values, last int
}

func (r *registers) read() history.Op {
	return history.Op{F: readRegister, Key: r.keys.next().name}
}

func (r *registers) write() history.Op { return r.writeTo(r.keys.next()) }

func (r *registers) writeTo(key *object) history.Op {
	return history.Op{F: writeRegister, Key: key.name, Value: history.Int(r.newValue(key))}
}

// swap expects one of the last values that were to be written to the key: with
// any other it would hardly ever succeed.
func (r *registers) swap() history.Op {
	key := r.keys.next()
	if len(key.recent) == 0 {
		return r.writeTo(key)
	}
	old := key.recent[r.random.IntN(len(key.recent))]
	return history.Op{F: casRegister, Key: key.name, Value: history.Ints(old, r.newValue(key))}
}

// remembered is how many of a key's last values a compare-and-set may expect.
const remembered = 3

func (r *registers) newValue(key *object) int {
	value := r.last + 1
	if r.values > 0 {
		value = r.random.IntN(r.values)
	}
	r.last = value
	key.recent = append(key.recent, value)
	key.recent = key.recent[max(0, len(key.recent)-remembered):]
	return value
}

func (register) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	keys := lastKeys(sofar, finalKeys)
	random := generator.Random(cfg.Seed, finalOf("register", worker))
	var ops []history.Op
	for range finalRounds {
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys {
			ops = append(ops, history.Op{F: readRegister, Key: key, Final: true})
		}
	}
	return generator.Ops(ops...)
}

func (register) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asRegister(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case readRegister:
		value, found, err := client.Read(ctx, op.Key)
		return optional(value, found && err == nil), err
	case writeRegister:
		return op.Value, invokeWrite(ctx, client, op)
	case casRegister:
		return op.Value, invokeSwap(ctx, client, op)
	}
	return op.Value, unknown("register", op, "read, write, cas")
}

func invokeWrite(ctx context.Context, client Register, op history.Op) error {
	value, err := integer(op)
	if err != nil {
		return err
	}
	return client.Write(ctx, op.Key, value)
}

func invokeSwap(ctx context.Context, client Register, op history.Op) error {
	old, new, err := pair(op)
	if err != nil {
		return err
	}
	swapped, err := client.CompareAndSet(ctx, op.Key, old, new)
	if err == nil && !swapped {
		return ErrMismatch
	}
	return err
}

func (register) Checker(cfg Config) (checkers.Checker, error) {
	return spectrum.New(linearizability.Register(), spectrum.Options{Clients: cfg.Clients}), nil
}
