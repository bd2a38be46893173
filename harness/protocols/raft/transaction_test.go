package raft

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

func TestTransactions(t *testing.T) {
	r := func(key string) Micro { return Micro{F: read, Key: key} }
	at := func(f, key string, value int) Micro { return Micro{F: f, Key: key, Value: value} }
	has := func(m Micro, value int) Micro { m.Value, m.Found = value, true; return m }
	enough := func(m Micro) Micro { m.Found = true; return m }
	of := func(key string, list ...int) Micro {
		return Micro{F: elements, Key: key, List: list, Found: list != nil}
	}
	m := newMachine()
	for i, step := range []struct{ do, want []Micro }{
		{[]Micro{r("x"), at(write, "x", 1), r("x")}, []Micro{r("x"), at(write, "x", 1), has(r("x"), 1)}},
		{[]Micro{r("x"), r("y")}, []Micro{has(r("x"), 1), r("y")}},
		{[]Micro{of("l"), at(appendTo, "l", 1), of("l"), at(appendTo, "l", 2)}, []Micro{of("l"), at(appendTo, "l", 1), of("l", 1), at(appendTo, "l", 2)}},
		{[]Micro{of("l"), r("l")}, []Micro{of("l", 1, 2), r("l")}},
		{[]Micro{at(initialize, "a", 5), at(initialize, "x", 9)}, []Micro{at(initialize, "a", 5), at(initialize, "x", 9)}},
		{[]Micro{at(take, "a", 3), at(give, "x", 3)}, []Micro{enough(at(take, "a", 3)), at(give, "x", 3)}},
		{[]Micro{at(write, "y", 7), at(take, "a", 3), at(give, "x", 3)}, []Micro{at(write, "y", 7), at(take, "a", 3), at(give, "x", 3)}},
		{[]Micro{at(take, "nothing", 0)}, []Micro{at(take, "nothing", 0)}},
		{[]Micro{r("a"), r("x"), r("y")}, []Micro{has(r("a"), 2), has(r("x"), 4), r("y")}},
		{nil, nil},
	} {
		got := m.apply(by(1, i+1, i+1, Command{F: transact, Micros: step.do}), "")
		if !got.OK || !reflect.DeepEqual(got.Micros, step.want) {
			t.Errorf("step %d: got %+v, want %+v", i+1, got.Micros, step.want)
		}
	}
}

func TestARepeatedTransactionIsDoneOnce(t *testing.T) {
	m := newMachine()
	appends := by(1, 1, 1, Command{F: transact, Micros: []Micro{{F: appendTo, Key: "l", Value: 1}, {F: elements, Key: "l"}}})
	first := m.apply(appends, "")
	if again := m.apply(appends, ""); !reflect.DeepEqual(first, again) || len(m.Lists["l"]) != 1 {
		t.Errorf("got %+v, then %+v; the list is %v", first, again, m.Lists["l"])
	}
}

func TestTheFirstCommitterWins(t *testing.T) {
	m := newMachine()
	change := func(number int, snapshot int, micros ...Micro) Response {
		c := m.precompute(Command{F: transact, Micros: micros})
		c.Value = snapshot + 1
		return m.apply(by(1, number, number, c), SnapshotTransactions)
	}
	x, y := Micro{F: write, Key: "x", Value: 1}, Micro{F: write, Key: "y", Value: 2}
	if r := change(1, 0, x); !r.OK {
		t.Errorf("nobody else wrote: %+v", r)
	}
	if r := change(2, 0, x); r.OK || !r.NoEffect {
		t.Errorf("entry 1 wrote x after the snapshot: %+v", r)
	}
	if r := change(3, 0, Micro{F: read, Key: "x"}, y); !r.OK {
		t.Errorf("x was only read: %+v", r)
	}
	if r := change(4, 1, x); !r.OK {
		t.Errorf("entry 1 is in the snapshot: %+v", r)
	}
}

func TestParseTransactions(t *testing.T) {
	many := strings.Repeat(`{"f":"read"},`, mostMicros) + `{"f":"read"}`
	for body, want := range map[string][]Micro{
		`[{"f":"read","key":"x"},{"f":"append","key":"l","value":-1}]`: {{F: read, Key: "x"}, {F: appendTo, Key: "l", Value: -1}},
		`[{"f":"take","key":"a","value":1},{"f":"give","key":"b"}]`:    nil,
		`[{"f":"receive","key":"q"}]`:                                  nil,
		`[{"f":"read","key":"` + strings.Repeat("x", maxKey+1) + `"}]`: nil,
		`[` + many + `]`: nil,
		`{}`:             nil,
	} {
		c, err := parse([]byte(`{"f":"transact","micros":` + body + `}`))
		if (err == nil) != (want != nil) || err == nil && !reflect.DeepEqual(c, Command{F: transact, Micros: want}) {
			t.Errorf("%.80s: got %+v, %v", body, c, err)
		}
	}
}

func TestTransactionsComeBackFromTheRecord(t *testing.T) {
	micros := []Micro{{F: read, Key: "x", Value: -3, Found: true}, {F: elements, Key: "l", Found: true, List: []int{1, 1 << 40}}}
	want := record{After: 2, Entries: []Entry{
		{Term: 1, Command: Command{F: install, Value: 3, Micros: micros, Writes: micros[1:]}},
		{Term: 1, Command: Command{F: transact, Micros: micros[:1]}},
	}}
	if got, err := decodeRecord(want.encode()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestTransactionsUnderFaults: strictly serializable, whatever happens.
func TestTransactionsUnderFaults(t *testing.T) {
	try := trial{
		load:    load{kind: stores},
		storm:   storm{everything(), 500 * ms, 300 * ms},
		weather: weather{loss: 0.02, repeat: 0.02, slow: 0.02},
	}
	for seed := range seeds(t, 12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			if out := try.run(uint64(seed)); out.broken != nil {
				t.Error(out.broken)
			}
		})
	}
}

// transaction draws one on a store, whose name begins the keys.
func (c *client) transaction(store string, unique int) Command {
	draw := func() Micro {
		register := fmt.Sprint(store, "/", c.sim.chance.IntN(2))
		return []Micro{
			{F: read, Key: register},
			{F: read, Key: register},
			{F: write, Key: register, Value: unique},
			{F: give, Key: register, Value: unique},
			{F: take, Key: register, Value: 1},
			{F: appendTo, Key: store, Value: unique},
			{F: elements, Key: store},
		}[c.sim.chance.IntN(7)]
	}
	command := Command{F: transact, Key: store}
	for range 1 + c.sim.chance.IntN(3) {
		command.Micros = append(command.Micros, draw())
	}
	return command
}

func (c *client) finalTransactions() []Command {
	var reads []Command
	for i := range c.load.keys {
		store := c.load.keyOf(i, len(c.sim.recorder.calls))
		reads = append(reads, Command{F: transact, Key: store, Micros: []Micro{
			{F: elements, Key: store}, {F: read, Key: store + "/0"}, {F: read, Key: store + "/1"},
		}})
	}
	return reads
}

// micros are those of a request, with all that it needs.
func micros(c Command) []map[string]any {
	var list []map[string]any
	for _, m := range c.Micros {
		list = append(list, map[string]any{"f": m.F, "key": m.Key, "value": m.Value})
	}
	return list
}

func judgeTransactions(calls []*call) error {
	var operations []porcupine.Operation
	for _, op := range calls {
		if !op.unknown || !op.command.readOnly() {
			operations = append(operations, porcupine.Operation{
				ClientId: op.process, Input: op.command, Output: op, Call: int64(op.start), Return: int64(op.end),
			})
		}
	}
	switch porcupine.CheckOperationsTimeout(storeModel(), operations, 30*time.Second) {
	case porcupine.Illegal:
		return fmt.Errorf("%d transactions are not strictly serializable", len(operations))
	case porcupine.Unknown:
		return fmt.Errorf("%d transactions: %w", len(operations), errUndecided)
	}
	return nil
}

// storeModel has for a state the registers and lists as text.
func storeModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return `{}` },
		Step: func(state, input, output any) (bool, any) {
			m := newMachine()
			if err := json.Unmarshal([]byte(state.(string)), &m); err != nil {
				panic(err)
			}
			op := output.(*call)
			found := m.transact(input.(Command)).Micros
			if !op.unknown && !slices.EqualFunc(found, op.response.Micros, sameMicro) {
				return false, state
			}
			return true, string(encode(Machine{Registers: m.Registers, Lists: m.Lists}))
		},
	}
}

func sameMicro(a, b Micro) bool {
	return a.Value == b.Value && a.Found == b.Found && slices.Equal(a.List, b.List)
}
