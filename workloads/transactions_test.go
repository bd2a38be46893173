package workloads

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

var (
	_ ListTransactions     = (*memory)(nil)
	_ RegisterTransactions = (*memory)(nil)
	_ Bank                 = (*memory)(nil)
)

// TransactLists, told to be forgetful, now and then loses an append of a transaction.
func (m *memory) TransactLists(_ context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	done := slices.Clone(ops)
	for i, op := range ops {
		list := m.sets["list "+op.Key]
		switch {
		case op.Kind == transaction.Read:
			done[i].Found, done[i].List = list != nil, slices.Clone(list)
		case !m.wrong(m.forgetful):
			m.sets["list "+op.Key] = append(list, op.Value)
		}
	}
	return done, m.down()
}

// TransactRegisters, told to be stale, now and then reads what was there before.
func (m *memory) TransactRegisters(_ context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	done := slices.Clone(ops)
	own := map[string]bool{}
	for i, op := range ops {
		had := m.registers[op.Key]
		if op.Kind == transaction.Write {
			m.registers[op.Key], own[op.Key] = append(had, op.Value), true
			continue
		}
		if m.wrong(m.stale) && len(had) > 0 && !own[op.Key] {
			had = had[:len(had)-1]
		}
		if len(had) > 0 {
			done[i].Found, done[i].Value = true, had[len(had)-1]
		}
	}
	return done, m.down()
}

func (m *memory) Open(_ context.Context, accounts, balance int) error {
	m.balances = map[int]int{}
	for account := range accounts {
		m.balances[account] = balance
	}
	return m.down()
}

// Transfer, told to be lossy, now and then credits nothing.
func (m *memory) Transfer(_ context.Context, from, to, amount int) (bool, error) {
	if m.balances[from] < amount {
		return false, m.down()
	}
	m.balances[from] -= amount
	if !m.wrong(m.lossy) {
		m.balances[to] += amount
	}
	return true, m.down()
}

func (m *memory) Balances(context.Context) (map[int]int, error) {
	return maps.Clone(m.balances), m.down()
}

// transactionSettingsToTry are for all workloads of random transactions.
var transactionSettingsToTry = []map[string]string{
	{}, {"keys": "1", "writes-per-key": "1"}, {"min-length": "10", "max-length": "64", "read-only-share": "0", "keys": "100"},
	{"choice": "zipf", "read-only-share": "99"}, {"keys": "1", "choice": "zipf", "expect": "read-uncommitted"},
}

func micros(t *testing.T, op history.Op) []transaction.Op {
	t.Helper()
	ops, err := transaction.Parse(op.Value)
	if err != nil || op.F != transaction.F {
		t.Fatalf("%+v is no transaction: %v", op, err)
	}
	return ops
}

func TestTransactionsAreAsWasAskedFor(t *testing.T) {
	cfg := Config{Seed: 5, Settings: map[string]string{
		"keys": "4", "writes-per-key": "10", "min-length": "2", "max-length": "5", "read-only-share": "30",
	}}
	readOnly, written, lengths, writes := 0, 0, map[int]int{}, map[string]int{}
	for _, op := range first(t, NewAppend(), cfg, 10_000) {
		ops := micros(t, op)
		lengths[len(ops)]++
		if transaction.ReadOnly(ops) {
			readOnly++
		}
		for _, micro := range ops {
			if micro.Kind == transaction.Read {
				writes[micro.Key] += 0
				continue
			}
			written++
			if writes[micro.Key]++; micro.Value != writes[micro.Key] || micro.Value > 10 {
				t.Fatalf("%+v is write %d of %s", micro, writes[micro.Key], micro.Key)
			}
		}
	}
	// The first keys get fewer writes.
	if keys := len(writes); keys < written/10 || keys > written/10+2*4 {
		t.Errorf("%d keys got %d writes", keys, written)
	}
	if readOnly < 2800 || readOnly > 3200 {
		t.Errorf("%d of 10000 transactions only read", readOnly)
	}
	for length := range 10 {
		if made, want := lengths[length], length >= 2 && length <= 5; (made > 2200) != want || want != (made > 0) {
			t.Errorf("%d of 10000 have %d operations", made, length)
		}
	}
}

func TestZipfPrefersSomeKeys(t *testing.T) {
	busiest := func(choice string) int {
		count := map[string]int{}
		cfg := Config{Seed: 5, Settings: map[string]string{"keys": "10", "writes-per-key": "10000", "choice": choice}}
		for _, op := range first(t, NewAppend(), cfg, 2000) {
			for _, micro := range micros(t, op) {
				count[micro.Key]++
			}
		}
		return slices.Max(slices.Collect(maps.Values(count)))
	}
	if uniform, zipf := busiest("uniform"), busiest("zipf"); uniform > 700 || zipf < 1800 {
		t.Errorf("the busiest of 10 keys was chosen %d times uniformly, %d times by Zipf", uniform, zipf)
	}
}

func TestEveryWorkerReadsEveryKeyAtTheEnd(t *testing.T) {
	for _, w := range transactionWorkloads() {
		client := newMemory()
		h := execute(t, w, Config{Seed: 2, Workers: 4}, client, 3000)
		want := transactionKeysOf(h)
		for worker := range 2 {
			read := map[string]bool{}
			g := w.Final(Config{Seed: 2}, h, worker)
			for op, ok := g.Next(nil); ok; op, ok = g.Next(nil) {
				ops := micros(t, op)
				if !op.Final || len(ops) > readsAtOnce || !transaction.ReadOnly(ops) {
					t.Fatalf("%s: %+v", w.Name(), op)
				}
				for _, micro := range ops {
					read[micro.Key] = true
				}
			}
			for _, key := range want {
				if !read[key] {
					t.Errorf("%s: worker %d does not read %s", w.Name(), worker, key)
				}
			}
		}
	}
}

// transactionWorkloads are those whose operations are transactions.
func transactionWorkloads() []Workload {
	return []Workload{NewAppend(), NewWR(), NewLongFork(), NewWriteSkew()}
}

func TestTransfersAreBetweenDifferentAccounts(t *testing.T) {
	pairs, transfers := map[string]bool{}, 0
	for _, op := range first(t, NewBank(), Config{Settings: map[string]string{"accounts": "4", "max-amount": "3"}}, 5000) {
		if op.F != transferBank {
			continue
		}
		transfers++
		numbers, err := integers(op, "", 3)
		if err != nil || numbers[0] == numbers[1] || numbers[2] < 1 || numbers[2] > 3 {
			t.Fatalf("%v, %v", op.Value, err)
		}
		pairs[fmt.Sprint(numbers[:2])] = true
	}
	if len(pairs) != 12 || transfers < 2800 || transfers > 3200 {
		t.Errorf("%d transfers between %d pairs", transfers, len(pairs))
	}
}

func TestVerdictsOnTransactions(t *testing.T) {
	tests := []struct {
		workload, name string
		client         func(*memory)
		settings       map[string]string
		want           checkers.Validity
	}{
		{"append", "right", func(*memory) {}, nil, checkers.Valid},
		{"append", "forgetful", func(m *memory) { m.forgetful = true }, nil, checkers.Invalid},
		{"wr", "right", func(*memory) {}, nil, checkers.Valid},
		{"wr", "stale", func(m *memory) { m.stale = true }, nil, checkers.Invalid},
		{"long-fork", "right", func(*memory) {}, nil, checkers.Valid},
		{"long-fork", "stale", func(m *memory) { m.stale = true }, nil, checkers.Invalid},
		{"write-skew", "right", func(*memory) {}, nil, checkers.Valid},
		{"write-skew", "stale", func(m *memory) { m.stale = true }, nil, checkers.Invalid},
		{"write-skew", "stale where that is allowed", func(m *memory) { m.stale = true }, map[string]string{"expect": "read-uncommitted"}, checkers.Valid},
		{"bank", "right", func(*memory) {}, nil, checkers.Valid},
		{"bank", "lossy", func(m *memory) { m.lossy = true }, nil, checkers.Invalid},
		{"bank", "lossy where reads may be stale", func(m *memory) { m.lossy = true }, map[string]string{"expect": "snapshot-isolation"}, checkers.Invalid},
		{"monotonic", "right", func(*memory) {}, nil, checkers.Valid},
		{"monotonic", "stale", func(m *memory) { m.stale = true }, nil, checkers.Invalid},
		{"monotonic", "stale where that is allowed", func(m *memory) { m.stale = true }, map[string]string{"expect": "serializable"}, checkers.Valid},
	}
	for _, test := range tests {
		t.Run(test.workload+" "+test.name, func(t *testing.T) {
			w, err := Find(test.workload)
			if err != nil {
				t.Fatal(err)
			}
			client := newMemory()
			test.client(client)
			cfg := Config{Seed: 3, Settings: test.settings, Workers: 4}
			checker, err := w.Checker(cfg)
			if err != nil {
				t.Fatal(err)
			}
			verdict, err := checker.Check(t.Context(), execute(t, w, cfg, client, 1500))
			if err != nil || verdict.Validity != test.want {
				t.Errorf("%v: %s (%v)", verdict.Validity, verdict.Reason, err)
			}
		})
	}
}

func TestInvokeRejectsTransactionsThatAreNone(t *testing.T) {
	append1 := transactionOp([]transaction.Op{{Kind: transaction.Append, Key: "k", Value: 1}}, true)
	tests := []struct {
		workload string
		client   cluster.Client
		op       history.Op
		want     string
	}{
		{"append", newMemory(), history.Op{F: "read"}, `append: no operation "read": there are txn`},
		{"append", newMemory(), history.Op{F: "txn", Value: history.Int(1)}, `append: 1 is no list of micro-operations`},
		{"append", deaf{}, append1, `append: the clients of this target do not offer`},
		{"wr", deaf{}, history.Op{F: "txn"}, `wr: the clients of this target do not offer`},
		{"long-fork", newMemory(), history.Op{F: "read"}, `long-fork: no operation "read": there are txn`},
		{"write-skew", deaf{}, history.Op{F: "txn"}, `write-skew: the clients of this target do not offer`},
		{"bank", newMemory(), history.Op{F: "send"}, `bank: no operation "send": there are transfer, read`},
		{"bank", newMemory(), history.Op{F: "transfer", Value: history.Ints(1, 2)}, `transfer: the argument [1 2] is no list of integers: from, to and amount`},
		{"bank", newMemory(), history.Op{F: "transfer", Value: history.List(history.Int(1), history.Int(2), history.String("x"))}, `is no list of integers`},
		{"bank", deaf{}, history.Op{F: "read"}, `bank: the clients of this target do not offer`},
		{"monotonic", newMemory(), history.Op{F: "write"}, `monotonic: no operation "write": there are create, increment, read`},
		{"monotonic", deaf{}, history.Op{F: "read"}, `monotonic: the clients of this target do not offer`},
	}
	for _, test := range tests {
		w, err := Find(test.workload)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Invoke(t.Context(), test.client, test.op)
		if err == nil || !strings.Contains(err.Error(), test.want) || !IsNoEffect(err) {
			t.Errorf("%s %s: got %v, want %s", test.workload, test.op.F, err, test.want)
		}
	}
}

func TestWrongSettingsOfTransactionsAreExplained(t *testing.T) {
	tests := []struct{ workload, key, value, want string }{
		{"append", "expect", "acid", "setting expect=acid: allowed are read-uncommitted"},
		{"append", "min-length", "5", "settings min-length=5 and max-length=4: the least is more than the most"},
		{"append", "choice", "random", "setting choice=random: allowed are uniform, zipf"},
		{"append", "keys", "0", "setting keys=0: allowed are"},
		{"wr", "read-only-share", "100", "setting read-only-share=100: allowed are"},
		{"long-fork", "group-size", "1", "setting group-size=1: allowed are"},
		{"write-skew", "expect", "", "setting expect=: allowed are read-uncommitted"},
		{"bank", "accounts", "1", "setting accounts=1: allowed are"},
		{"bank", "expect", "read-committed", "setting expect=read-committed: allowed are consistent-view"},
		{"bank", "balance", "-1", "setting balance=-1: allowed are"},
		{"monotonic", "expect", "snapshot-isolation", "setting expect=snapshot-isolation: allowed are serializable, strong-session-serializable, strict-serializable"},
		{"monotonic", "ops-per-key", "2", "setting ops-per-key=2: allowed are"},
	}
	for _, test := range tests {
		w, err := Find(test.workload)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Generator(Config{Settings: map[string]string{test.key: test.value}})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.workload, err, test.want)
		}
	}
}

func TestResultsOfTransactions(t *testing.T) {
	m := newMemory()
	if err := NewBank().(Prepared).Prepare(t.Context(), m, Config{Settings: map[string]string{"accounts": "2", "balance": "3"}}); err != nil {
		t.Fatal(err)
	}
	read, add := transaction.Op{Key: "k"}, transaction.Op{Kind: transaction.Append, Key: "k", Value: 7}
	on := func(f string, v history.Value) history.Op { return history.Op{F: f, Key: "c", Value: v} }
	list := transaction.Op{Key: "k", Found: true, List: []int{7}}
	set, found := transaction.Op{Kind: transaction.Write, Key: "k", Value: 8}, transaction.Op{Key: "k", Found: true, Value: 8}
	steps := []struct {
		w    Workload
		op   history.Op
		want history.Value
		err  error
	}{
		{NewAppend(), transactionOp([]transaction.Op{read, add, read}, true), transaction.Value([]transaction.Op{read, add, list}, true), nil},
		{NewWR(), transactionOp([]transaction.Op{read, set, read}, false), transaction.Value([]transaction.Op{read, set, found}, false), nil},
		{NewBank(), on("transfer", history.Ints(1, 0, 2)), history.Ints(1, 0, 2), nil},
		{NewBank(), on("transfer", history.Ints(1, 0, 2)), history.Ints(1, 0, 2), ErrMismatch},
		{NewBank(), on("read", history.Value{}), history.List(history.Ints(0, 5), history.Ints(1, 1)), nil},
		{NewMonotonic(), on("read", history.Value{}), history.Value{}, nil},
		{NewMonotonic(), on("increment", history.Value{}), history.Value{}, ErrMismatch},
		{NewMonotonic(), on("create", history.Value{}), history.Value{}, nil},
		{NewMonotonic(), on("increment", history.Value{}), history.Int(1), nil},
		{NewMonotonic(), on("increment", history.Value{}), history.Int(2), nil},
		{NewMonotonic(), on("read", history.Value{}), history.Int(2), nil},
	}
	for i, s := range steps {
		got, err := s.w.Invoke(t.Context(), m, s.op)
		if !got.Equal(s.want) || !errors.Is(err, s.err) || (err == nil) != (s.err == nil) {
			t.Errorf("step %d, %s: got %v, %v, want %v, %v", i, s.op.F, got, err, s.want, s.err)
		}
	}
}

func TestACounterIsCreatedOnceAndFirst(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range first(t, NewMonotonic(), Config{Settings: map[string]string{"ops-per-key": "20"}, Workers: 9}, 5000) {
		if (op.F == createMonotonic) == seen[op.Key] {
			t.Fatalf("%s of %s, which was seen before: %v", op.F, op.Key, seen[op.Key])
		}
		seen[op.Key] = true
	}
	if len(seen) < 200 {
		t.Errorf("only %d counters", len(seen))
	}
}
