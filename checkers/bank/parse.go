package bank

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

const none = -1

// bank is the history of one bank. Calls are named by their places in it, accounts
// by their numbers, and times are places in the whole history.
type bank struct {
	name      string
	config    Config
	calls     []history.Call
	names     []string
	numbers   map[string]int
	byInt     map[int]int
	transfers []transfer
	reads     []reading

	// exists says which accounts the bank has, and accounts how many these are.
	exists   []bool
	accounts int
	// total is what they hold together, agreed the first read that says so, none if
	// the config does. known is false if there is no read to learn it from.
	total, agreed int
	known         bool
	// initial are the balances in the beginning, nil if unknown, and learned the read
	// that they come from, none if the config has them.
	initial []int
	learned int
}

// transfer is one that may have happened, in the order of their invocations.
type transfer struct {
	call, from, to, amount int
	// invoke is when it was invoked, and done when it was acknowledged, never if it
	// was not.
	invoke, done int
}

const (
	// never is after all that happens.
	never = math.MaxInt
	// mostAmount is the largest amount of a transfer: those of as many as are tried
	// out together add up to an integer.
	mostAmount = 1 << 51
)

// reading is a read that was answered, in the order of their invocations.
type reading struct {
	call     int
	balances []balance
	total    int
	accounts census
}

// census is what is wrong with the accounts of a read: an account that the bank has
// not, and one that is there twice, none if there is no such; and whether any are
// missing or have no balance.
type census struct {
	unknown, twice int
	missing        bool
}

// whole says that a read has just the accounts of the bank.
func (r *reading) whole() bool { return r.accounts == census{none, none, false} }

// balance is what an account held. Absent ones are null.
type balance struct {
	account, amount int
	absent          bool
}

func parse(k history.KeyCalls, c Config) (*bank, error) {
	b := &bank{name: k.Key, config: c, calls: k.Calls, numbers: map[string]int{}, byInt: map[int]int{}, agreed: none, learned: none}
	for i := range k.Calls {
		call := &k.Calls[i]
		var err error
		switch call.F {
		case "transfer":
			err = b.addTransfer(i)
		case "read":
			err = b.addRead(i)
		default:
			err = fmt.Errorf("a bank has no such operation")
		}
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("bank", k.Key), err)
		}
	}
	return b, nil
}

// number is the number of an account, a new one if it is new.
func (b *bank) number(name string) int {
	n, known := b.numbers[name]
	if !known {
		n = len(b.names)
		b.numbers[name] = n
		b.names = append(b.names, name)
	}
	return n
}

func (b *bank) account(v history.Value) (number int, ok bool) {
	if text, is := v.Text(); is {
		return b.number(text), true
	}
	n, is := v.Int()
	if !is {
		return 0, false
	}
	number, known := b.byInt[n]
	if !known {
		number = b.number(strconv.Itoa(n))
		b.byInt[n] = number
	}
	return number, true
}

func (b *bank) addTransfer(i int) error {
	call := &b.calls[i]
	items, ok := call.In.Items()
	if pairs, is := fields(call.In); is {
		items, ok = inOrder(pairs, "from", "to", "amount")
	}
	if !ok || len(items) != 3 {
		return fmt.Errorf("it transfers %v, which has not the form [from, to, amount]", call.In)
	}
	from, okFrom := b.account(items[0])
	to, okTo := b.account(items[1])
	amount, okAmount := items[2].Int()
	if !okFrom || !okTo || !okAmount || amount < 0 || amount > mostAmount {
		return fmt.Errorf("it transfers %v, which is not two accounts and an amount from 0 to %d", call.In, mostAmount)
	}
	t := transfer{call: i, from: from, to: to, amount: amount, invoke: call.Invoke, done: never}
	if call.Type == history.OK {
		t.done = call.Complete
	}
	if call.Type != history.Fail {
		b.transfers = append(b.transfers, t)
	}
	return nil
}

// inOrder are the values of some names, if each is there once and nothing else.
func inOrder(pairs []history.Value, names ...string) (values []history.Value, ok bool) {
	values = make([]history.Value, len(names))
	if len(pairs) != 2*len(names) {
		return nil, false
	}
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].Text()
		at := slices.Index(names, name)
		if at < 0 || !values[at].IsNil() {
			return nil, false
		}
		values[at] = pairs[i+1]
	}
	return values, true
}

func (b *bank) addRead(i int) error {
	call := &b.calls[i]
	if call.Type != history.OK {
		return nil
	}
	likely := 0 // reads are mostly as long as the one before
	if n := len(b.reads); n > 0 {
		likely = len(b.reads[n-1].balances)
	}
	r := reading{call: i, balances: make([]balance, 0, likely)}
	if plain, err := b.addPlain(&r, call.Out); plain {
		b.reads = append(b.reads, r)
		return err
	}
	r.balances, r.total = r.balances[:0], 0
	pairs, ok := fields(call.Out)
	if !ok {
		pairs, ok = flat(call.Out)
	}
	if !ok {
		return fmt.Errorf("it read %v, which is neither an object nor a list of [account, balance]", call.Out)
	}
	for n := 0; n < len(pairs); n += 2 {
		account, okAccount := b.account(pairs[n])
		amount, okAmount := pairs[n+1].Int()
		absent := pairs[n+1].IsNil()
		if !okAccount || !okAmount && !absent {
			return fmt.Errorf("it read %v of %v, which is no balance of an account", pairs[n+1], pairs[n])
		}
		if err := r.add(balance{account, amount, absent}); err != nil {
			return err
		}
	}
	b.reads = append(b.reads, r)
	return nil
}

func (r *reading) add(held balance) error {
	r.balances = append(r.balances, held)
	sum := r.total + held.amount
	if (sum > r.total) != (held.amount > 0) && held.amount != 0 {
		return fmt.Errorf("its balances add up to more than 64 bits hold")
	}
	r.total = sum
	return nil
}

// flat is a list of pairs without its inner brackets.
func flat(v history.Value) (pairs []history.Value, ok bool) {
	items, ok := v.Items()
	for _, item := range items {
		pair, is := item.Items()
		if !is || len(pair) != 2 {
			return nil, false
		}
		pairs = append(pairs, pair...)
	}
	return pairs, ok
}

// addPlain reads what nearly all clients give, an object of integers whose names
// have no escapes, in a fraction of the time that others take. It says whether it
// did: others are left to be read thoroughly.
func (b *bank) addPlain(r *reading, v history.Value) (plain bool, err error) {
	if v.Kind() != history.KindRaw {
		return false, nil
	}
	text, err := v.MarshalJSON()
	if err != nil || text[0] != '{' {
		return false, nil
	}
	for text = text[1:]; len(text) > 1; {
		name, rest, ok := bytes.Cut(text[1:], []byte(`":`))
		end := bytes.IndexAny(rest, ",}")
		if !ok || end < 0 || bytes.IndexByte(name, '\\') >= 0 {
			return false, nil
		}
		amount, err := strconv.Atoi(string(rest[:end]))
		if err != nil {
			return false, nil
		}
		number, known := b.numbers[string(name)]
		if !known {
			number = b.number(string(name))
		}
		if err := r.add(balance{account: number, amount: amount}); err != nil {
			return true, err
		}
		text = rest[end+1:]
	}
	return true, nil
}

// fields are the names and values of an object, one after the other. A history
// keeps objects as their text: that of a list of the same things is made of it, and
// read by the history's own reader.
func fields(v history.Value) (pairs []history.Value, ok bool) {
	if v.Kind() != history.KindRaw {
		return nil, false
	}
	text, err := v.MarshalJSON()
	if err != nil || text[0] != '{' {
		return nil, false
	}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++ // whatever it escapes
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ':' && depth == 1:
			text[i] = ','
		}
	}
	text[0], text[len(text)-1] = '[', ']'
	var list history.Value
	if list.UnmarshalJSON(text) != nil {
		return nil, false
	}
	return list.Items()
}
