package workloads

import (
	"context"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/rwregister"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

type wr struct{}

// NewWR executes transactions that read and write registers, each value only once a
// key, and demands an isolation level.
//
// Operations: txn takes and gives a list of micro-operations, as package transaction
// writes them; a read gives the value, or null if the key was never written.
func NewWR() Workload { return wr{} }

func (wr) Name() string { return "wr" }

func (wr) About() string {
	return "transactions that write and read registers; no history may contradict the isolation level that is expected"
}

func (wr) Settings() []cluster.Setting { return transactionSettings() }

func (wr) Supports(c cluster.Client) error {
	_, err := asRegisterTransactions(c, "wr")
	return err
}

func (w wr) Generator(cfg Config) (generator.Generator, error) {
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	return randomTransactions(cfg, "wr", transaction.Write)
}

// Final reads every register.
func (wr) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	return finalTransactions(cfg, sofar, "wr", worker, false)
}

func (wr) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	return invokeRegisters(ctx, "wr", c, op)
}

func (w wr) Checker(cfg Config) (checkers.Checker, error) {
	return registerIsolation(cfg, transactionExpect)
}

// registerIsolation judges transactions on registers by the level that is expected.
func registerIsolation(cfg Config, setting cluster.Setting) (checkers.Checker, error) {
	level, err := expected(cfg, setting)
	if err != nil {
		return nil, err
	}
	return rwregister.New(rwregister.Options{Expected: level, Clients: cfg.Clients}), nil
}
