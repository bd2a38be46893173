package workloads

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/assaykit/assay/checkers"
	bankchecker "github.com/assaykit/assay/checkers/bank"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on a bank.
const (
	transferBank = "transfer"
	readBank     = "read"
)

var (
	bankExpect   = expectation(isolation.StrictSerializable, keepsMoney)
	bankAccounts = number{key: "accounts", otherwise: 8, low: 2, high: 500,
		about: "how many accounts there are"}
	bankBalance = number{key: "balance", otherwise: 100, low: 0, high: 1_000_000,
		about: "what each account holds in the beginning"}
	bankAmount = number{key: "max-amount", otherwise: 5, low: 1, high: 1_000_000,
		about: "how much is transferred at most"}
	bankReads = number{key: "read-share", otherwise: 40, low: 1, high: 99,
		about: "how many of a hundred operations read all balances; the others transfer"}
)

// keepsMoney says that the balances always add up at the level: a read misses no
// half of a transfer, and no transfer overwrites another one.
func keepsMoney(l isolation.Level) bool {
	return l.Implies(isolation.ConsistentView) || l.Implies(isolation.RepeatableRead)
}

type bank struct{}

// NewBank moves money between accounts and reads all balances, and demands that
// they always add up and that no account is overdrawn. If it is expected that a read
// misses nothing which was done before, each read has to be one that transfers
// explain.
//
// Transfers are not judged as transactions on registers: what they write follows
// from what they read, so that one whose outcome is unknown may have written
// anything, and two may write the same.
//
// Operations: transfer takes a list [from,to,amount], and fails with
// history.Mismatch if there was not enough; read gives a list of [account,balance].
func NewBank() Workload { return bank{} }

func (bank) Name() string { return "bank" }

func (bank) About() string {
	return "transfer money between accounts and read all balances; they always add up, and none is ever negative"
}

func (bank) Settings() []cluster.Setting {
	return []cluster.Setting{bankExpect, bankAccounts.setting(), bankBalance.setting(), bankAmount.setting(), bankReads.setting()}
}

func (bank) Supports(c cluster.Client) error {
	_, err := asBank(c)
	return err
}

func asBank(c cluster.Client) (Bank, error) {
	return as[Bank](c, "bank", "accounts between which money is transferred")
}

// Prepare opens the accounts.
func (bank) Prepare(ctx context.Context, c cluster.Client, cfg Config) error {
	client, err := asBank(c)
	if err != nil {
		return err
	}
	s := chosen{cfg: cfg}
	accounts, balance := s.number(bankAccounts), s.number(bankBalance)
	if s.err != nil {
		return s.err
	}
	return client.Open(ctx, accounts, balance)
}

func (b bank) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	t := &transfers{random: generator.Random(cfg.Seed, "bank"), accounts: s.number(bankAccounts), most: s.number(bankAmount)}
	reads := s.number(bankReads)
	if _, err := b.Checker(cfg); err != nil {
		return nil, err
	}
	return generator.Mix(t.random,
		generator.Weighted{Weight: reads, Of: generator.Forever(func() history.Op { return history.Op{F: readBank} })},
		generator.Weighted{Weight: 100 - reads, Of: generator.Forever(t.transfer)},
	), nil
}

// transfers makes transfers between different accounts.
type transfers struct {
	random         *rand.Rand
	accounts, most int
}

func (t *transfers) transfer() history.Op {
	from := t.random.IntN(t.accounts)
	to := (from + 1 + t.random.IntN(t.accounts-1)) % t.accounts
	return history.Op{F: transferBank, Value: history.Ints(from, to, 1+t.random.IntN(t.most))}
}

// finalBalances is how often each worker reads the balances at the end.
const finalBalances = 3

func (bank) Final(_ Config, sofar *history.History, _ int) generator.Generator {
	if countOf(sofar, transferBank, "")+countOf(sofar, readBank, "") == 0 {
		return generator.Ops()
	}
	read := history.Op{F: readBank, Final: true}
	return generator.Ops(slices.Repeat([]history.Op{read}, finalBalances)...)
}

func (bank) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asBank(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case transferBank:
		return op.Value, invokeTransfer(ctx, client, op)
	case readBank:
		return invokeBalances(ctx, client)
	}
	return op.Value, unknown("bank", op, "transfer, read")
}

func invokeTransfer(ctx context.Context, client Bank, op history.Op) error {
	t, err := integers(op, "from, to and amount", 3)
	if err != nil {
		return err
	}
	moved, err := client.Transfer(ctx, t[0], t[1], t[2])
	if err == nil && !moved {
		return ErrMismatch
	}
	return err
}

func invokeBalances(ctx context.Context, client Bank) (history.Value, error) {
	balances, err := client.Balances(ctx)
	if err != nil {
		return history.Value{}, err
	}
	rows := make([]history.Value, 0, len(balances))
	for _, account := range slices.SortedFunc(maps.Keys(balances), cmp.Compare) {
		rows = append(rows, history.Ints(account, balances[account]))
	}
	return history.List(rows...), nil
}

// integers are the n integers that are the operation's argument.
func integers(op history.Op, what string, n int) ([]int, error) {
	items, _ := op.Value.Items()
	numbers := make([]int, 0, n)
	for _, item := range items {
		if number, ok := item.Int(); ok {
			numbers = append(numbers, number)
		}
	}
	if len(items) != n || len(numbers) != n {
		return nil, NoEffect(fmt.Errorf("%s: the argument %v is no list of integers: %s", op.F, op.Value, what))
	}
	return numbers, nil
}

func (bank) Checker(cfg Config) (checkers.Checker, error) {
	level, err := expected(cfg, bankExpect)
	if err != nil {
		return nil, err
	}
	s := chosen{cfg: cfg}
	accounts, balance := s.number(bankAccounts), s.number(bankBalance)
	if s.err != nil {
		return nil, s.err
	}
	config := bankchecker.Config{
		Balances: map[string]int{}, ForbidNegative: true,
		Stale: !level.Implies(isolation.StrongConsistentView),
	}
	for account := range accounts {
		config.Balances[strconv.Itoa(account)] = balance
	}
	return bankchecker.New(config), nil
}
