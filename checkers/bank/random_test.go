package bank_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/bank"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// teller is a correct bank whose clients are sometimes lied to. Its accounts are
// the numbers from 0 on.
type teller struct {
	random *rand.Rand
	lies   float64
	// now are the balances, and before those of an earlier time.
	now, before []int
}

func (b *teller) lie() bool { return b.random.Float64() < b.lies }

func (b *teller) Next() history.Op {
	if b.random.IntN(2) == 0 {
		return history.Op{F: "read", Key: "b"}
	}
	from, to := b.random.IntN(len(b.now)), b.random.IntN(len(b.now))
	if b.lie() && b.random.IntN(8) == 0 {
		to = len(b.now)
	}
	amount := b.random.IntN(4)
	if b.random.IntN(2) == 0 {
		return history.Op{F: "transfer", Key: "b", Value: history.Ints(from, to, amount)}
	}
	return history.Op{F: "transfer", Key: "b", Value: object(map[string]int{"from": from, "to": to, "amount": amount})}
}

func object(fields map[string]int) history.Value {
	text, err := json.Marshal(fields)
	var v history.Value
	if err == nil {
		err = v.UnmarshalJSON(text)
	}
	if err != nil {
		panic(err)
	}
	return v
}

// sent are the parts of a transfer, either way it is written.
func sent(v history.Value) (from, to, amount int) {
	if items, ok := v.Items(); ok {
		from, _ = items[0].Int()
		to, _ = items[1].Int()
		amount, _ = items[2].Int()
		return from, to, amount
	}
	var parts struct{ From, To, Amount int }
	text, err := v.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(text, &parts)
	}
	if err != nil {
		panic(err)
	}
	return parts.From, parts.To, parts.Amount
}

func (b *teller) Effect(op history.Op) any {
	if op.F == "read" {
		if b.lie() {
			return b.before
		}
		return b.now
	}
	from, to, amount := sent(op.Value)
	if b.random.IntN(3) == 0 {
		b.before = b.now
	}
	b.now = slices.Clone(b.now)
	if !b.lie() {
		b.now[from] -= amount
	}
	if !b.lie() && to < len(b.now) {
		b.now[to] += amount
	}
	return nil
}

func (b *teller) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	if op.F == "transfer" {
		if b.lie() && b.random.IntN(5) == 0 {
			return history.Fail, op.Value, "refused"
		}
		return history.OK, op.Value, ""
	}
	held := map[string]int{}
	var list []history.Value
	for account, amount := range answer.([]int) {
		if b.lie() && b.random.IntN(5) == 0 {
			continue // missing
		}
		if b.lie() && b.random.IntN(5) == 0 {
			amount++
		}
		held[strconv.Itoa(account)] = amount
		list = append(list, history.Ints(account, amount))
		if b.lie() && b.random.IntN(8) == 0 {
			list = append(list, history.Ints(account, amount))
		}
	}
	if b.random.IntN(2) == 0 {
		return history.OK, object(held), ""
	}
	return history.OK, history.List(list...), ""
}

// oracle is what New demands, once more, in loops over everything and all choices
// of transfers.
type oracle struct {
	config bank.Config
	calls  []history.Call
}

// pairs are what a read has, as it stands there.
func pairs(c history.Call) (all [][2]int) {
	if items, ok := c.Out.Items(); ok {
		for _, item := range items {
			pair, _ := item.Items()
			account, _ := pair[0].Int()
			amount, _ := pair[1].Int()
			all = append(all, [2]int{account, amount})
		}
		return all
	}
	var held map[string]int
	text, err := c.Out.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(text, &held)
	}
	if err != nil {
		panic(err)
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		account, _ := strconv.Atoi(name)
		all = append(all, [2]int{account, held[name]})
	}
	return all
}

func (o *oracle) reads() []history.Call {
	return slices.DeleteFunc(slices.Clone(o.calls), func(c history.Call) bool { return c.F != "read" || c.Type != history.OK })
}

func (o *oracle) transfers() []history.Call {
	return slices.DeleteFunc(slices.Clone(o.calls), func(c history.Call) bool { return c.F != "transfer" || c.Type == history.Fail })
}

func (o *oracle) accounts() map[int]bool {
	all := map[int]bool{}
	for name := range o.config.Balances {
		account, _ := strconv.Atoi(name)
		all[account] = true
	}
	for _, name := range o.config.Accounts {
		account, _ := strconv.Atoi(name)
		all[account] = true
	}
	if len(all) > 0 {
		return all
	}
	votes := map[int]int{}
	for _, read := range o.reads() {
		for account := range balances(read) {
			votes[account]++
		}
	}
	for account, n := range votes {
		if n > len(o.reads())/2 {
			all[account] = true
		}
	}
	return all
}

func balances(read history.Call) map[int]int {
	held := map[int]int{}
	for _, pair := range pairs(read) {
		held[pair[0]] = pair[1]
	}
	return held
}

func sum(read history.Call) int {
	total := 0
	for _, pair := range pairs(read) {
		total += pair[1]
	}
	return total
}

// whole are the reads that have just the accounts.
func (o *oracle) whole() []history.Call {
	accounts := o.accounts()
	return slices.DeleteFunc(o.reads(), func(read history.Call) bool {
		held := balances(read)
		wrong := len(held) != len(accounts) || len(pairs(read)) != len(held)
		for account := range held {
			wrong = wrong || !accounts[account]
		}
		return wrong
	})
}

func (o *oracle) total() int {
	if o.config.Balances != nil {
		total := 0
		for _, amount := range o.config.Balances {
			total += amount
		}
		return total
	}
	if o.config.Total != nil {
		return *o.config.Total
	}
	best, most := 0, 0
	for _, read := range o.whole() {
		n := 0
		for _, other := range o.whole() {
			if sum(other) == sum(read) {
				n++
			}
		}
		if n > most {
			best, most = sum(read), n
		}
	}
	return best
}

func (o *oracle) beginning() map[int]int {
	if o.config.Balances != nil {
		held := map[int]int{}
		for name, amount := range o.config.Balances {
			account, _ := strconv.Atoi(name)
			held[account] = amount
		}
		return held
	}
	for _, read := range o.whole() {
		early := !slices.ContainsFunc(o.transfers(), func(t history.Call) bool { return t.Invoke < read.Complete })
		if early && sum(read) == o.total() {
			return balances(read)
		}
	}
	return nil
}

// explained tries all choices of transfers.
func (o *oracle) explained(read history.Call, beginning map[int]int) bool {
	var some []history.Call
	base := maps.Clone(beginning)
	for _, t := range o.transfers() {
		switch {
		case t.Type == history.OK && t.Complete < read.Invoke:
			move(base, t)
		case t.Invoke < read.Complete:
			some = append(some, t)
		}
	}
	for chosen := range 1 << len(some) {
		held, allowed := maps.Clone(base), true
		for i, t := range some {
			if chosen&(1<<i) == 0 {
				continue
			}
			move(held, t)
			for k, other := range some {
				allowed = allowed && (chosen&(1<<k) != 0 || other.Type != history.OK || other.Complete > t.Invoke)
			}
		}
		same := true
		for account := range 5 {
			same = same && held[account] == balances(read)[account]
		}
		if allowed && same {
			return true
		}
	}
	return false
}

func move(held map[int]int, t history.Call) {
	from, to, amount := sent(t.In)
	held[from] -= amount
	held[to] += amount
}

func (o *oracle) verdict() checkers.Validity {
	reads, whole, accounts := o.reads(), o.whole(), o.accounts()
	invalid := len(whole) < len(reads)
	followed := false
	for _, t := range o.transfers() {
		if t.Type != history.OK {
			continue
		}
		from, to, _ := sent(t.In)
		if len(accounts) > 0 || len(reads) > 0 {
			invalid = invalid || !accounts[from] || !accounts[to]
		}
		followed = followed || slices.ContainsFunc(reads, func(r history.Call) bool { return r.Invoke > t.Complete })
	}
	beginning := o.beginning()
	for _, read := range reads {
		for _, amount := range balances(read) {
			invalid = invalid || o.config.ForbidNegative && amount < 0
		}
	}
	for _, read := range whole {
		invalid = invalid || sum(read) != o.total() || beginning != nil && !o.explained(read, beginning)
	}
	alone := o.config.Balances == nil && o.config.Total == nil && len(whole) < 2
	switch {
	case invalid:
		return checkers.Invalid
	case len(reads) == 0 || !followed || alone:
		return checkers.Unknown
	}
	return checkers.Valid
}

// linearizable tries all orders.
func linearizable(calls []history.Call, taken uint, held map[int]int) bool {
	firstEnd, done := 1<<62, true
	for i, call := range calls {
		if taken&(1<<i) == 0 && call.Type != history.Info {
			firstEnd, done = min(firstEnd, call.Complete), false
		}
	}
	if done {
		return true
	}
	for i, call := range calls {
		if taken&(1<<i) != 0 || call.Invoke > firstEnd {
			continue
		}
		next := maps.Clone(held)
		switch {
		case call.F == "transfer":
			if move(next, call); len(next) > len(held) {
				continue // of an account that does not exist
			}
		case len(pairs(call)) != len(balances(call)) || !maps.Equal(balances(call), held):
			continue
		}
		if linearizable(calls, taken|1<<i, next) {
			return true
		}
	}
	return false
}

func TestRandomHistoriesAreJudgedByTheDefinition(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 2000, 4, func(t *testing.T, random *rand.Rand) bool {
		start := make([]int, 1+random.IntN(3))
		known, total := map[string]int{}, 0
		for account := range start {
			start[account] = random.IntN(5)
			known[strconv.Itoa(account)] = start[account]
			total += start[account]
		}
		b := &teller{random: random, lies: []float64{0, 0.02, 0.1}[random.IntN(3)], now: start, before: start}
		clients := script.Clients{Random: random, System: b, Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
		h := clients.Work(2+random.IntN(4), 2+random.IntN(9))
		config := []bank.Config{{Balances: known}, {Accounts: slices.Collect(maps.Keys(known)), Total: &total}, {}}[random.IntN(3)]
		config.ForbidNegative = random.IntN(6) == 0
		got, err := bank.New(config).Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		o := &oracle{config: config, calls: h.Calls()}
		tally.Count(got.Validity.String())
		for _, f := range got.Findings {
			tally.Count(f.Anomaly)
		}
		if want := o.verdict(); got.Validity != want {
			t.Errorf("%+v: %v (%s), want %v:\n%s", config, got.Validity, got.Reason, want, script.String(h))
			return false
		}
		beginning := map[int]int{}
		for account, amount := range start {
			beginning[account] = amount
		}
		possible := slices.DeleteFunc(h.Calls(), func(c history.Call) bool {
			return c.Type == history.Fail || c.F == "read" && c.Type == history.Info
		})
		switch right := linearizable(possible, 0, beginning); {
		case right && got.Validity == checkers.Invalid && !config.ForbidNegative:
			t.Errorf("%+v: a false alarm (%s):\n%s", config, got.Reason, script.String(h))
			return false
		case !right && got.Validity == checkers.Valid:
			tally.Count("not linearizable, but nothing is wrong with single reads")
		}
		return got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got)
	})
	tally.Log(t)
}
