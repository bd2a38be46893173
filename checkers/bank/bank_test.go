package bank_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/bank"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, c bank.Config, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := bank.New(c).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var (
	nothing = bank.Config{}
	two     = bank.Config{Balances: map[string]int{"a": 10, "b": 0}}
	ten     = 10
)

// known are histories and their verdicts: valid, unknown, or the anomalies of the
// findings.
var known = []struct {
	name   string
	config bank.Config
	want   string
	text   string
}{
	{"transferred and read", two, "valid", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",6],["b",4]]`},
	{"objects", two, "valid", `
		0 invoke transfer {"amount":4,"from":"a","to":"b"}
		0 ok transfer {"amount":4,"from":"a","to":"b"}
		1 invoke read
		1 ok read {"a":6,"b":4}`},
	{"accounts with strange names", bank.Config{Balances: map[string]int{`x":[{"`: 10, "1": 0}}, "valid", `
		0 invoke transfer ["x\":[{\"",1,4]
		0 ok transfer ["x\":[{\"",1,4]
		1 invoke read
		1 ok read {"x\":[{\"":6,"1":4}`},
	{"a stale read", two, bank.Unexplained, `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read {"a":10,"b":0}`},
	{"a stale read where that is allowed", bank.Config{Balances: two.Balances, Stale: true}, "valid", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read {"a":10,"b":0}`},
	{"a wrong total where reads may be stale", bank.Config{Balances: two.Balances, Stale: true}, bank.WrongTotal, `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read {"a":6,"b":0}`},
	{"banks of their own", nothing, "valid", `
		1 invoke read key=x
		1 ok read {"a":1,"b":2} key=x
		0 invoke transfer ["a","b",1] key=x
		0 ok transfer ["a","b",1] key=x
		1 invoke read key=x
		1 ok read {"a":0,"b":3} key=x
		1 invoke read key=y
		1 ok read {"c":7} key=y
		1 invoke read key=y
		1 ok read {"c":7} key=y`},
	{"the beginning is not known", nothing, "valid", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",6],["b",4]]
		1 invoke read
		1 ok read [["a",4],["b",6]]`},
	{"a transfer under way may be seen or not", two, "valid", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		0 invoke transfer ["a","b",1]
		2 invoke transfer ["b","a",2]
		1 invoke read
		1 ok read [["a",8],["b",2]]
		0 ok transfer ["a","b",1]
		2 ok transfer ["b","a",2]`},
	{"a crashed transfer may happen late or never", two, "valid", `
		0 invoke transfer ["a","b",4]
		0 info transfer ["a","b",4] !timeout
		2 invoke transfer ["a","b",1]
		2 ok transfer ["a","b",1]
		1 invoke read
		1 ok read [["a",9],["b",1]]
		1 invoke read
		1 ok read [["a",5],["b",5]]`},
	{"only the debit", two, "wrong-total", `
		0 invoke transfer ["a","b",4] node=n1
		2 invoke transfer ["b","a",3]
		1 invoke read node=n2
		1 ok read [["a",6],["b",0]] node=n2
		0 ok transfer ["a","b",4] node=n1
		2 fail transfer ["b","a",3] !poor`},
	{"two halves", two, "wrong-total", `
		0 invoke transfer ["a","b",4] key=k1
		2 invoke transfer ["a","b",1] key=k1
		2 info transfer ["a","b",1] !timeout key=k1
		3 invoke transfer ["a","b",9] key=k1
		3 ok transfer ["a","b",9] key=k1
		1 invoke read key=k1
		1 ok read [["a",10],["b",5]] key=k1`},
	{"a total that nothing explains", two, "wrong-total", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",6],["b",5]]`},
	{"totals that disagree", nothing, "wrong-total", `
		1 invoke read
		1 ok read [["a",6],["b",5]]
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",2],["b",9]]
		1 invoke read
		1 ok read [["a",2],["b",5]]`},
	{"a known total", bank.Config{Total: &ten, Accounts: []string{"a", "b"}}, "wrong-total", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",6],["b",5]]`},
	{"overdrawn, which nobody forbids", two, "valid", `
		0 invoke transfer ["a","b",14]
		0 ok transfer ["a","b",14]
		1 invoke read
		1 ok read [["a",-4],["b",14]]`},
	{"overdrawn", bank.Config{Balances: two.Balances, ForbidNegative: true}, "negative-balance", `
		0 invoke transfer ["a","b",14]
		0 ok transfer ["a","b",14]
		1 invoke read
		1 ok read [["a",-4],["b",14]]`},
	{"an account is missing", two, "missing-account", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",6]]`},
	{"an account without a balance", two, "missing-account", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read {"a":6,"b":null}`},
	{"an unknown account", two, "unknown-account", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",6],["b",4],["c",0]]`},
	{"money for an unknown account", two, "unknown-account", `
		1 invoke read
		1 ok read [["a",10],["b",0]]
		0 invoke transfer ["a","c",4]
		0 ok transfer ["a","c",4]`},
	{"an account of the minority", nothing, "unknown-account", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",6],["b",4]]
		1 invoke read
		1 ok read [["a",6],["b",4],["c",0]]`},
	{"an account twice", two, "duplicated-account", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read {"a":6,"b":4,"a":6}`},
	{"a stale read", two, "unexplained", `
		0 invoke transfer ["a","b",4] node=n1
		0 ok transfer ["a","b",4] node=n1
		2 invoke transfer ["b","a",1]
		1 invoke read node=n2
		1 ok read [["a",10],["b",0]] node=n2`},
	{"a transfer without the one that was there before it", two, "unexplained", `
		1 invoke read
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		0 invoke transfer ["a","b",1]
		0 ok transfer ["a","b",1]
		1 ok read [["a",9],["b",1]]`},
	{"a beginning that was read", nothing, "unexplained", `
		1 invoke read
		1 ok read {"a":10,"b":0}
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read {"a":5,"b":5}`},
	{"a transfer that was refused", two, "unexplained", `
		0 invoke transfer ["a","b",4]
		0 fail transfer ["a","b",4] !poor
		0 invoke transfer ["a","b",1]
		0 ok transfer ["a","b",1]
		1 invoke read
		1 ok read [["a",5],["b",5]]`},
	{"nothing", nothing, "unknown", ``},
	{"nothing read", two, "unknown", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 info read !timeout`},
	{"nothing transferred", two, "unknown", `
		1 invoke read
		1 ok read [["a",10],["b",0]]`},
	{"one read to agree with itself", nothing, "unknown", `
		0 invoke transfer ["a","b",4]
		0 ok transfer ["a","b",4]
		1 invoke read
		1 ok read [["a",10],["b",0]]`},
	{"an operation of another kind", two, "unknown", `
		0 invoke deposit ["a",1]
		0 ok deposit ["a",1]`},
	{"a transfer of a string", two, "unknown", `
		0 invoke transfer ["a","b","4"]
		0 ok transfer ["a","b","4"]`},
	{"a transfer of too much", two, "unknown", `
		0 invoke transfer ["a","b",9223372036854775807]
		0 ok transfer ["a","b",9223372036854775807]`},
	{"a transfer of something else", two, "unknown", `
		0 invoke transfer {"from":"a","from":"b","amount":4}
		0 ok transfer null`},
	{"a read of an integer", two, "unknown", `
		0 invoke read
		0 ok read 1`},
	{"a read of half an account", two, "unknown", `
		0 invoke read
		0 ok read {"a":0.5}`},
	{"a read of more than there can be", two, "unknown", `
		0 invoke read
		0 ok read {"a":9223372036854775807,"b":1}`},
}

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, c.config, h)
			said := got.Validity.String()
			if got.Validity == checkers.Invalid {
				said = got.Findings[0].Anomaly
				script.PointsAtCalls(t, h, got)
			}
			if said != c.want || len(got.Findings) > 1 || got.Reason == "" {
				t.Errorf("%s, want %s: %s %+v", said, c.want, got.Reason, got.Findings)
			}
		})
	}
}

// The golden file is there to be read: it has every kind of explanation.
func TestExplanationsCanBeFollowed(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		all.WriteString(script.Explained(c.name, check(t, c.config, script.Parse(t, c.text))))
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// start are the balances of the big histories' bank.
var start = []int{100, 100, 100, 100, 100, 100, 100, 100}

func config() bank.Config {
	c := bank.Config{Balances: map[string]int{}}
	for account, amount := range start {
		c.Balances[strconv.Itoa(account)] = amount
	}
	return c
}

// good is a history of a bank that is valid by construction.
func good(operations int, trouble float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	c := script.Clients{Random: random, System: &teller{random: random, now: start, before: start}, Trouble: trouble}
	return c.Work(5, operations)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(8) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			h := good(1000, trouble, seed)
			for _, c := range []bank.Config{config(), nothing} {
				if got := check(t, c, h); got.Validity != checkers.Valid {
					t.Errorf("seed %d, trouble %v: %v: %s", seed, trouble, got.Validity, got.Reason)
				}
			}
		}
	}
}

// mutations each break a good history, given its reads, and name what must be
// found.
var mutations = []struct {
	name, expect string
	spoil        func(h *history.History, reads []history.Call, at int)
}{
	{"an account holds one more", bank.WrongTotal, func(h *history.History, reads []history.Call, at int) {
		change(h, reads[at], func(all [][2]int) [][2]int { all[3][1]++; return all })
	}},
	{"fifty units are in another account", bank.Unexplained, func(h *history.History, reads []history.Call, at int) {
		change(h, reads[at], func(all [][2]int) [][2]int { all[3][1] += 50; all[4][1] -= 50; return all })
	}},
	{"a read of long before", bank.Unexplained, func(h *history.History, reads []history.Call, at int) {
		early := pairs(reads[at-50])
		if slices.Equal(early, pairs(reads[at])) {
			early = pairs(reads[at-51])
		}
		change(h, reads[at], func([][2]int) [][2]int { return early })
	}},
	{"an account is missing", bank.MissingAccount, func(h *history.History, reads []history.Call, at int) {
		change(h, reads[at], func(all [][2]int) [][2]int { return all[1:] })
	}},
	{"an account more", bank.UnknownAccount, func(h *history.History, reads []history.Call, at int) {
		change(h, reads[at], func(all [][2]int) [][2]int { return append(all, [2]int{8, 0}) })
	}},
	{"an account twice", bank.DuplicatedAccount, func(h *history.History, reads []history.Call, at int) {
		change(h, reads[at], func(all [][2]int) [][2]int { return append(all, all[0]) })
	}},
	{"a transfer was refused all the same", bank.Unexplained, func(h *history.History, reads []history.Call, at int) {
		for _, call := range h.Calls() {
			if call.F != "transfer" || call.Type != history.OK || call.Complete > reads[at].Invoke {
				continue
			}
			if from, to, amount := sent(call.In); from != to && amount > 0 {
				h.Ops[call.Complete].Type = history.Fail
				return
			}
		}
	}},
}

func change(h *history.History, read history.Call, how func([][2]int) [][2]int) {
	var list []history.Value
	for _, pair := range how(pairs(read)) {
		list = append(list, history.Ints(pair[:]...))
	}
	h.Ops[read.Complete].Value = history.List(list...)
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(8) {
				h := good(1000, 0, seed)
				reads := slices.DeleteFunc(h.Calls(), func(c history.Call) bool { return c.F != "read" })
				m.spoil(h, reads, 60+rand.New(rand.NewPCG(seed, 4)).IntN(len(reads)-60))
				got := check(t, config(), h)
				if got.Validity != checkers.Invalid || got.Findings[0].Anomaly != m.expect || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
				}
			}
		})
	}
}

// A choice among many transfers is not finished, and nothing is claimed.
func TestTooManyTransfersOfUnknownOutcomeProveNothing(t *testing.T) {
	for _, crashed := range []int{20, 63, 64, 65, 500} {
		h := &history.History{}
		record := func(op history.Op) { op.Index = len(h.Ops); h.Ops = append(h.Ops, op) }
		for i := range crashed {
			record(history.Op{Process: i, F: "transfer", Value: history.Ints(0, 1, 2)})
			record(history.Op{Process: i, F: "transfer", Type: history.Info, Error: "timeout"})
		}
		record(history.Op{Process: 1000, F: "transfer", Value: history.Ints(0, 1, 1)})
		record(history.Op{Process: 1000, F: "transfer", Type: history.OK})
		record(history.Op{Process: 1000, F: "read"})
		// An even number is not 1 and any twos.
		record(history.Op{Process: 1000, F: "read", Type: history.OK, Value: object(map[string]int{"0": -20, "1": 20})})
		got := check(t, bank.Config{Balances: map[string]int{"0": 0, "1": 0}}, h)
		if got.Validity == checkers.Valid && !strings.Contains(got.Reason, "behind 1 may be too many transfers to tell") {
			t.Errorf("%d: %v: %s", crashed, got.Validity, got.Reason)
		}
	}
}
