package workloads

import (
	"context"

	"github.com/assaykit/assay/checkers"
	echochecker "github.com/assaykit/assay/checkers/echo"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// Echo answers with what it is asked.
type Echo interface {
	Echo(ctx context.Context, value int) (int, error)
}

const echoOp = "echo"

type echo struct{}

// NewEcho asks for integers, and demands that it is answered: the first
// thing to try with a new node.
//
// Operations: echo takes an integer and gives one.
func NewEcho() Workload { return echo{} }

func (echo) Name() string { return "echo" }

func (echo) About() string { return "ask for integers; each answer must be what was asked" }

func (echo) Settings() []cluster.Setting { return nil }

func (echo) Supports(c cluster.Client) error {
	_, err := asEcho(c)
	return err
}

func asEcho(c cluster.Client) (Echo, error) {
	return as[Echo](c, "echo", "answers with what was asked")
}

func (echo) Generator(cfg Config) (generator.Generator, error) {
	random := generator.Random(cfg.Seed, "echo")
	return generator.Forever(func() history.Op {
		return history.Op{F: echoOp, Value: history.Int(random.IntN(1 << 30))}
	}), nil
}

// Final asks each node once more.
func (echo) Final(_ Config, sofar *history.History, worker int) generator.Generator {
	if len(sofar.Ops) == 0 {
		return generator.Ops()
	}
	return generator.Ops(history.Op{F: echoOp, Value: history.Int(-1 - worker), Final: true})
}

func (echo) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asEcho(c)
	if err != nil {
		return op.Value, err
	}
	if op.F != echoOp {
		return op.Value, unknown("echo", op, "echo")
	}
	value, err := integer(op)
	if err != nil {
		return op.Value, err
	}
	answer, err := client.Echo(ctx, value)
	if err != nil {
		return op.Value, err
	}
	return history.Int(answer), nil
}

func (echo) Checker(Config) (checkers.Checker, error) { return echochecker.New(), nil }
