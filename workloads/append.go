package workloads

import (
	"context"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/listappend"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

type appends struct{}

// NewAppend executes transactions that read lists and append to them, and demands
// an isolation level. A list shows all its versions, which is why this finds more
// than any other workload of transactions.
//
// Operations: txn takes and gives a list of micro-operations, as package transaction
// writes them; a read gives the list, or null if the key was never appended to.
func NewAppend() Workload { return appends{} }

func (appends) Name() string { return "append" }

func (appends) About() string {
	return "transactions that read lists and append to them; no history may contradict the isolation level that is expected"
}

func (appends) Settings() []cluster.Setting { return transactionSettings() }

func (appends) Supports(c cluster.Client) error {
	_, err := asListTransactions(c)
	return err
}

func asListTransactions(c cluster.Client) (ListTransactions, error) {
	return as[ListTransactions](c, "append", "transactions that read lists and append to them")
}

func (a appends) Generator(cfg Config) (generator.Generator, error) {
	if _, err := a.Checker(cfg); err != nil {
		return nil, err
	}
	return randomTransactions(cfg, "append", transaction.Append)
}

// Final reads every list.
func (appends) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	return finalTransactions(cfg, sofar, "append", worker, true)
}

func (appends) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asListTransactions(c)
	if err != nil {
		return op.Value, err
	}
	return invokeTransaction(ctx, "append", op, true, client.TransactLists)
}

func (a appends) Checker(cfg Config) (checkers.Checker, error) {
	level, err := expected(cfg, transactionExpect)
	if err != nil {
		return nil, err
	}
	return listappend.New(listappend.Options{Expected: level, Clients: cfg.Clients}), nil
}
