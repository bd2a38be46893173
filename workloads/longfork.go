package workloads

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/longfork"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

var (
	forkExpect = expectation(isolation.StrictSerializable, func(isolation.Level) bool { return true })
	forkSize   = number{key: "group-size", otherwise: 3, low: 2, high: 32,
		about: "how many keys a group has, each of which is written once"}
	forkGroups = number{key: "groups", otherwise: 3, low: 1, high: 1000,
		about: "how many groups are in use at a time"}
	forkReads = number{key: "read-share", otherwise: 70, low: 1, high: 99,
		about: "how many of a hundred transactions read a whole group; the others write one key"}
)

type longFork struct{}

// NewLongFork writes keys, each in a transaction of its own and only once, and reads
// whole groups of them, and demands an isolation level. If that rules out long
// forks, any two reads that saw two writes in opposite orders are found and named,
// in place of a cycle that one would have to read.
//
// Operations: txn takes and gives a list of micro-operations, as package transaction
// writes them.
func NewLongFork() Workload { return longFork{} }

func (longFork) Name() string { return "long-fork" }

func (longFork) About() string {
	return "write single keys and read groups of them; no two reads may see two writes in opposite orders"
}

func (longFork) Settings() []cluster.Setting {
	return []cluster.Setting{forkExpect, forkSize.setting(), forkGroups.setting(), forkReads.setting()}
}

func (longFork) Supports(c cluster.Client) error {
	_, err := asRegisterTransactions(c, "long-fork")
	return err
}

func (f longFork) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	g := &forks{random: generator.Random(cfg.Seed, "long-fork"), size: s.number(forkSize)}
	groups, reads := s.number(forkGroups), s.number(forkReads)
	if _, err := f.Checker(cfg); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	for range groups {
		g.active = append(g.active, g.fresh())
	}
	return generator.Mix(g.random,
		generator.Weighted{Weight: reads, Of: generator.Forever(g.read)},
		generator.Weighted{Weight: 100 - reads, Of: generator.Forever(g.write)},
	), nil
}

// forks makes transactions on groups.
type forks struct {
	random     *rand.Rand
	size, made int
	active     []*forkGroup
	// full are the groups written last, which are still read for a while: reads that
	// miss what was just written are what is looked for.
	full []*forkGroup
}

// forkGroup is a group of keys, and which of them are still to be written.
type forkGroup struct {
	number int
	left   []int
}

func (g *forks) fresh() *forkGroup {
	group := &forkGroup{number: g.made, left: g.random.Perm(g.size)}
	g.made++
	return group
}

func forkKey(group, i int) string { return fmt.Sprintf("f%d.%d", group, i) }

func (g *forks) write() history.Op {
	at := g.random.IntN(len(g.active))
	group := g.active[at]
	i := group.left[0]
	if group.left = group.left[1:]; len(group.left) == 0 {
		g.active[at] = g.fresh()
		g.full = append(g.full, group)
		g.full = g.full[max(0, len(g.full)-len(g.active)):]
	}
	return transactionOp([]transaction.Op{{Kind: transaction.Write, Key: forkKey(group.number, i), Value: 1}}, false)
}

func (g *forks) read() history.Op {
	at := g.random.IntN(len(g.active) + len(g.full))
	if at < len(g.active) {
		return readGroup(g.active[at].number, g.random.Perm(g.size))
	}
	return readGroup(g.full[at-len(g.active)].number, g.random.Perm(g.size))
}

// readGroup reads a group in some order.
func readGroup(group int, order []int) history.Op {
	keys := make([]string, len(order))
	for i, at := range order {
		keys[i] = forkKey(group, at)
	}
	return transactionOp(readsOf(keys), false)
}

// Final reads every group.
func (longFork) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	size, err := forkSize.of(cfg)
	if err != nil {
		panic("workloads: the settings were not validated: " + err.Error())
	}
	random := generator.Random(cfg.Seed, finalOf("long-fork", worker))
	var ops []history.Op
	for _, group := range random.Perm(groupsOf(sofar)) {
		op := readGroup(group, random.Perm(size))
		op.Final = true
		ops = append(ops, op)
	}
	return generator.Ops(ops...)
}

// groupsOf is how many groups were used.
func groupsOf(sofar *history.History) int {
	most := 0
	for _, key := range transactionKeysOf(sofar) {
		var group, i int
		if n, err := fmt.Sscanf(key, "f%d.%d", &group, &i); n != 2 || err != nil {
			panic("workloads: a key that was generated is none: " + key)
		}
		most = max(most, group+1)
	}
	return most
}

func (longFork) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	return invokeRegisters(ctx, "long-fork", c, op)
}

func (longFork) Checker(cfg Config) (checkers.Checker, error) {
	level, err := expected(cfg, forkExpect)
	if err != nil {
		return nil, err
	}
	transactions, err := registerIsolation(cfg, forkExpect)
	if err != nil || !rulesOutForks(level) {
		return transactions, err
	}
	return checkers.All("long-fork", longfork.New(), transactions), nil
}

// rulesOutForks says that all see writes in one order at the level.
func rulesOutForks(l isolation.Level) bool {
	return isolation.GNonadjacent.RulesOut(l) || isolation.NonPrefixRead.RulesOut(l)
}
