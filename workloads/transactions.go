package workloads

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// The settings of workloads whose operations are random transactions.
var (
	transactionExpect = expectation(isolation.StrictSerializable, func(isolation.Level) bool { return true })

	transactionKeys = number{key: "keys", otherwise: 8, low: 1, high: 10_000,
		about: "how many keys are in use at a time"}
	transactionWrites = number{key: "writes-per-key", otherwise: 50, low: 1, high: 10_000,
		about: "how many writes a key gets before a new one takes its place; whole lists are read, so this bounds the size of answers"}
	transactionLeast = number{key: "min-length", otherwise: 1, low: 1, high: 64,
		about: "how many operations a transaction has at least"}
	transactionMost = number{key: "max-length", otherwise: 4, low: 1, high: 64,
		about: "how many operations a transaction has at most"}
	transactionReads = number{key: "read-only-share", otherwise: 20, low: 0, high: 99,
		about: "how many of a hundred transactions only read; in the others every second operation reads"}
	transactionChance = cluster.Setting{
		Key: "choice", Default: "uniform", About: "how often which of the keys is chosen",
		Choices: []cluster.Choice{
			{Value: "uniform", About: "each as often as every other"},
			{Value: "zipf", About: "a few of them in most transactions"},
		},
	}
)

func transactionSettings() []cluster.Setting {
	return []cluster.Setting{
		transactionExpect, transactionKeys.setting(), transactionChance, transactionWrites.setting(),
		transactionLeast.setting(), transactionMost.setting(), transactionReads.setting(),
	}
}

// expectation is the setting that says which isolation level is demanded, of those
// that make a difference.
func expectation(otherwise isolation.Level, sensible func(isolation.Level) bool) cluster.Setting {
	s := cluster.Setting{Key: "expect", Default: otherwise.String(), About: "which isolation level the system promises"}
	for _, l := range isolation.All() {
		if sensible(l) {
			s.Choices = append(s.Choices, cluster.Choice{Value: l.String(), About: l.About()})
		}
	}
	return s
}

// expected is the level that was chosen.
func expected(cfg Config, setting cluster.Setting) (isolation.Level, error) {
	name, err := choice(cfg, setting)
	if err != nil {
		return 0, err
	}
	return isolation.ParseLevel(name)
}

// randomTransactions makes transactions of reads and of one kind of write.
func randomTransactions(cfg Config, workload string, write transaction.Kind) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	r := &transactions{
		random: generator.Random(cfg.Seed, workload), write: write,
		least: s.number(transactionLeast), most: s.number(transactionMost), reads: s.number(transactionReads),
	}
	keys, writes := s.number(transactionKeys), s.number(transactionWrites)
	choice, err := choice(cfg, transactionChance)
	if err = errors.Join(s.err, err); err != nil {
		return nil, err
	}
	if r.least > r.most {
		return nil, fmt.Errorf("settings min-length=%d and max-length=%d: the least is more than the most", r.least, r.most)
	}
	r.keys = newRotation(r.random, "k", keys, writes)
	if choice == "zipf" {
		r.zipf = rand.NewZipf(r.random, 1.5, 1, uint64(keys-1))
	}
	return generator.Forever(r.next), nil
}

// transactions makes transactions. What is written to a key is counted up.
type transactions struct {
	random      *rand.Rand
	zipf        *rand.Zipf
	keys        *rotation
	write       transaction.Kind
	least, most int
	reads       int
}

func (r *transactions) next() history.Op {
	ops := make([]transaction.Op, r.least+r.random.IntN(r.most-r.least+1))
	readOnly := r.random.IntN(100) < r.reads
	written := false
	for i := range ops {
		// One write at least: without it, this would be a transaction that only reads.
		last := i == len(ops)-1 && !written
		if !readOnly && (last || r.random.IntN(2) == 0) {
			ops[i], written = r.put(), true
		} else {
			ops[i] = transaction.Op{Kind: transaction.Read, Key: r.keys.active[r.at()].name}
		}
	}
	return transactionOp(ops, r.write == transaction.Append)
}

func transactionOp(ops []transaction.Op, lists bool) history.Op {
	return history.Op{F: transaction.F, Value: transaction.Value(ops, lists)}
}

// at is the place of a key among those in use.
func (r *transactions) at() int {
	if r.zipf != nil {
		return int(r.zipf.Uint64())
	}
	return r.random.IntN(len(r.keys.active))
}

func (r *transactions) put() transaction.Op {
	key := r.keys.use(r.at())
	key.writes++
	return transaction.Op{Kind: r.write, Key: key.name, Value: key.writes}
}

// readsAtOnce is how many keys a transaction of the final phase reads.
const readsAtOnce = 8

// finalTransactions read every key that was used.
func finalTransactions(cfg Config, sofar *history.History, workload string, worker int, lists bool) generator.Generator {
	keys := transactionKeysOf(sofar)
	random := generator.Random(cfg.Seed, finalOf(workload, worker))
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	var ops []history.Op
	for len(keys) > 0 {
		some := keys[:min(readsAtOnce, len(keys))]
		keys = keys[len(some):]
		ops = append(ops, finalRead(some, lists))
	}
	return generator.Ops(ops...)
}

// finalRead reads keys in one transaction.
func finalRead(keys []string, lists bool) history.Op {
	op := transactionOp(readsOf(keys), lists)
	op.Final = true
	return op
}

// readsOf are reads of keys.
func readsOf(keys []string) []transaction.Op {
	ops := make([]transaction.Op, len(keys))
	for i, key := range keys {
		ops[i] = transaction.Op{Kind: transaction.Read, Key: key}
	}
	return ops
}

// transactionKeysOf are the keys of all transactions, in the order of their first
// use.
func transactionKeysOf(h *history.History) []string {
	var keys []string
	seen := map[string]bool{}
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Type != history.Invoke || op.Process == history.Nemesis {
			continue
		}
		ops, err := transaction.Parse(op.Value)
		if err != nil {
			panic("workloads: a transaction that was generated is none: " + err.Error())
		}
		for _, micro := range ops {
			if !seen[micro.Key] {
				seen[micro.Key] = true
				keys = append(keys, micro.Key)
			}
		}
	}
	return keys
}

// invokeTransaction executes a transaction by a method of the client.
func invokeTransaction(ctx context.Context, workload string, op history.Op, lists bool,
	execute func(context.Context, []transaction.Op) ([]transaction.Op, error)) (history.Value, error) {
	if op.F != transaction.F {
		return op.Value, unknown(workload, op, transaction.F)
	}
	ops, err := transaction.Parse(op.Value)
	if err != nil {
		return op.Value, NoEffect(fmt.Errorf("%s: %w", workload, err))
	}
	done, err := execute(ctx, ops)
	if err != nil {
		return op.Value, err
	}
	return transaction.Value(done, lists), nil
}

func asRegisterTransactions(c cluster.Client, workload string) (RegisterTransactions, error) {
	return as[RegisterTransactions](c, workload, "transactions that read and write registers")
}

// invokeRegisters executes a transaction on registers.
func invokeRegisters(ctx context.Context, workload string, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asRegisterTransactions(c, workload)
	if err != nil {
		return op.Value, err
	}
	return invokeTransaction(ctx, workload, op, false, client.TransactRegisters)
}
