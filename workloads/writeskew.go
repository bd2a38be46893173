package workloads

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/writeskew"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

var (
	skewExpect = expectation(isolation.StrictSerializable, func(isolation.Level) bool { return true })
	skewPairs  = number{key: "pairs", otherwise: 3, low: 1, high: 1000,
		about: "how many pairs of keys are in use at a time"}
	skewOps = number{key: "ops-per-pair", otherwise: 50, low: 2, high: 10_000,
		about: "how many transactions a pair gets before a new one takes its place"}
)

type writeSkew struct{}

// NewWriteSkew executes transactions each of which reads both keys of a pair and
// writes one, and demands an isolation level. Two that read the same cannot both
// have been right: that is a write skew, or a lost update if they wrote the same
// key, and is named as such if the level rules it out.
//
// Operations: txn takes and gives a list of micro-operations, as package transaction
// writes them.
func NewWriteSkew() Workload { return writeSkew{} }

func (writeSkew) Name() string { return "write-skew" }

func (writeSkew) About() string {
	return "read both keys of a pair and write one of them; no two transactions may have overwritten what the other one read"
}

func (writeSkew) Settings() []cluster.Setting {
	return []cluster.Setting{skewExpect, skewPairs.setting(), skewOps.setting()}
}

func (writeSkew) Supports(c cluster.Client) error {
	_, err := asRegisterTransactions(c, "write-skew")
	return err
}

func (w writeSkew) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	pairs, ops := s.number(skewPairs), s.number(skewOps)
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "write-skew")
	keys := newRotation(random, "p", pairs, ops)
	return generator.Forever(func() history.Op {
		pair := keys.next()
		pair.writes++
		names := []string{fmt.Sprint(pair.name, ".a"), fmt.Sprint(pair.name, ".b")}
		write := transaction.Op{Kind: transaction.Write, Key: names[random.IntN(2)], Value: pair.writes}
		return transactionOp(append(readsOf(names), write), false)
	}), nil
}

// Final reads every pair.
func (writeSkew) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	return finalTransactions(cfg, sofar, "write-skew", worker, false)
}

func (writeSkew) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	return invokeRegisters(ctx, "write-skew", c, op)
}

func (writeSkew) Checker(cfg Config) (checkers.Checker, error) {
	level, err := expected(cfg, skewExpect)
	if err != nil {
		return nil, err
	}
	transactions, err := registerIsolation(cfg, skewExpect)
	if err != nil || !isolation.LostUpdate.RulesOut(level) && !isolation.G2Item.RulesOut(level) {
		return transactions, err
	}
	return checkers.All("write-skew", writeskew.New(writeskew.Options{Expected: level}), transactions), nil
}
