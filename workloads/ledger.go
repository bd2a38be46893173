package workloads

import (
	"context"

	"github.com/assaykit/assay/checkers"
	ledgerchecker "github.com/assaykit/assay/checkers/ledger"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on ledgers.
const (
	chargeLedger = "charge"
	readLedger   = "read"
)

const (
	idempotencyKeys = "keys"
	idempotencyNone = "none"
)

// attempts is how often a client tries one order.
const attempts = 10

var (
	ledgerReads = number{key: "read-share", otherwise: 1, low: 0, high: 99,
		about: "how many of a hundred operations read the whole ledger"}
	ledgerIdempotency = cluster.Setting{
		Key: "idempotency", Default: idempotencyKeys, About: "how an order is tried again",
		Choices: []cluster.Choice{
			{Value: idempotencyKeys, About: "in a way that lets the system know that it is the same order"},
			{Value: idempotencyNone, About: "blindly, as a client that sends its request once more"},
		},
	}
)

// BlindLedger is a Ledger that can be asked not to notice that an order is tried
// again.
type BlindLedger interface {
	Ledger
	// ChargeBlindly books an order, however often that was done before.
	ChargeBlindly(ctx context.Context, order, amount int) error
}

type ledger struct{}

// NewLedger charges orders, tries those again whose outcome it was not told, under
// the same number, and demands that each is charged exactly once.
//
// Operations: charge takes [order amount]; read gives [[order amount] ...].
func NewLedger() Workload { return ledger{} }

func (ledger) Name() string { return "ledger" }

func (ledger) About() string {
	return "charge orders, and try them again if the outcome is unknown; each must be charged exactly once"
}

func (ledger) Settings() []cluster.Setting {
	return []cluster.Setting{ledgerIdempotency, ledgerReads.setting()}
}

func (ledger) Supports(c cluster.Client) error {
	_, err := asLedger(c)
	return err
}

func asLedger(c cluster.Client) (Ledger, error) {
	return as[Ledger](c, "ledger", "a ledger of orders that can be charged and read")
}

func (ledger) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	reads := s.number(ledgerReads)
	if _, err := choice(cfg, ledgerIdempotency); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "ledger")
	last := 0
	return generator.Mix(random,
		generator.Weighted{Weight: reads, Of: generator.Forever(func() history.Op { return history.Op{F: readLedger} })},
		generator.Weighted{Weight: 100 - reads, Of: generator.Forever(func() history.Op {
			last++
			return history.Op{F: chargeLedger, Value: history.Ints(last, 1+random.IntN(1000))}
		})},
	), nil
}

// Final reads the ledger twice.
func (ledger) Final(_ Config, sofar *history.History, _ int) generator.Generator {
	if len(sofar.Ops) == 0 {
		return generator.Ops()
	}
	read := history.Op{F: readLedger, Final: true}
	return generator.Ops(read, read)
}

func (ledger) Remember(cfg Config, _ cluster.Client, _ int) Memory {
	way, _ := choice(cfg, ledgerIdempotency)
	return &customer{blind: way == idempotencyNone}
}

// customer is the memory of a client that has an order, or none, of which it does not
// know whether it was charged.
type customer struct {
	blind bool
	order history.Value
	left  int
}

func (c *customer) Disconnected() {}

func (c *customer) Next(_ context.Context, wish history.Op) Step {
	if wish.F != chargeLedger {
		return Step{Op: wish, Call: plain(ledger{}, wish)}
	}
	if c.left == 0 {
		c.order, c.left = wish.Value, attempts
	}
	c.left--
	wish.Value = c.order
	return Step{Op: wish, Call: c.charge(wish)}
}

func (c *customer) charge(op history.Op) Call {
	return func(ctx context.Context, client cluster.Client) (history.Value, func(), error) {
		order, amount, err := pair(op)
		if err != nil {
			return op.Value, nil, err
		}
		charge, err := c.way(client)
		if err != nil {
			return op.Value, nil, err
		}
		if err := charge(ctx, order, amount); err != nil {
			return op.Value, nil, err
		}
		return op.Value, func() { c.left = 0 }, nil
	}
}

// way is how the client charges.
func (c *customer) way(client cluster.Client) (func(ctx context.Context, order, amount int) error, error) {
	if c.blind {
		l, err := as[BlindLedger](client, "ledger", "a ledger that charges an order again (idempotency=none)")
		if err != nil {
			return nil, err
		}
		return l.ChargeBlindly, nil
	}
	l, err := asLedger(client)
	if err != nil {
		return nil, err
	}
	return l.Charge, nil
}

func (ledger) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asLedger(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case chargeLedger:
		return new(customer).charge(op).without(ctx, c)
	case readLedger:
		entries, err := client.Entries(ctx)
		if err != nil {
			return op.Value, err
		}
		return entriesValue(entries), nil
	}
	return op.Value, unknown("ledger", op, "charge, read")
}

func entriesValue(entries []Entry) history.Value {
	items := make([]history.Value, len(entries))
	for i, e := range entries {
		items[i] = history.Ints(e.Order, e.Amount)
	}
	return history.List(items...)
}

func (ledger) Checker(Config) (checkers.Checker, error) { return ledgerchecker.New(), nil }

var _ Remembering = ledger{}
