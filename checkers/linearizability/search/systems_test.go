package search_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// act is an operation of a register in a test: a read or write of a value, a
// compare-and-set, one that was refused because the value was another, or an
// addition without an answer. A value is also the state of that number.
type act struct {
	f        byte // r, w, c, m, a
	old, new object.State
}

// register is a specification whose classes are acts.
type register struct {
	acts    []act
	numbers map[act]int32
}

func newRegister() *register { return &register{numbers: map[act]int32{}} }

func (r *register) class(a act) int32 {
	n, known := r.numbers[a]
	if !known {
		n = int32(len(r.acts))
		r.numbers[a], r.acts = n, append(r.acts, a)
	}
	return n
}

func (r *register) Initial() object.State { return 0 }

func (r *register) Observer(class int32) bool {
	return r.acts[class].f == 'r' || r.acts[class].f == 'm'
}

func (r *register) Step(s object.State, class int32) (object.State, bool) {
	switch a := r.acts[class]; a.f {
	case 'r':
		return s, s == a.old
	case 'm':
		return s, s != a.old
	case 'c':
		return a.new, s == a.old
	case 'a':
		return (s + a.new) % 5, true
	default:
		return a.new, true
	}
}

// exact is the same register, which says what its classes need and leave.
type exact struct{ *register }

func (e exact) Needs(class int32) (object.State, bool) {
	a := e.acts[class]
	return a.old, a.f == 'r' || a.f == 'c'
}

func (e exact) Leaves(class int32) (object.State, bool) {
	a := e.acts[class]
	return a.new, a.f == 'w' || a.f == 'c'
}

func (e exact) Refuses(class int32) (object.State, bool) {
	a := e.acts[class]
	return a.old, a.f == 'm'
}

// system makes up operations: next is one that a client wants to do, and do lets
// it take place and returns its class with the answer it got, or without one.
type system interface {
	object.Spec
	next(random *rand.Rand) int
	do(wanted int, answered bool) int32
	// unanswered is the class of what was wanted, without an answer.
	unanswered(wanted int) int32
	// other is the class of another answer.
	other(class int32, random *rand.Rand) int32
}

// cells are a register of so many values that clients work on; 0 is for new ones
// all the time.
type cells struct {
	*register
	values, last int
	kinds        string
	now          object.State
	wanted       []act
}

func (c *cells) fresh(random *rand.Rand) object.State {
	if c.values > 0 {
		return object.State(1 + random.IntN(c.values))
	}
	c.last++
	return object.State(c.last)
}

func (c *cells) next(random *rand.Rand) int {
	a := act{f: c.kinds[random.IntN(len(c.kinds))]}
	switch a.f {
	case 'w':
		a.new = c.fresh(random)
	case 'c':
		a.new = c.fresh(random)
		if a.old = c.now; random.IntN(2) == 0 {
			a.old = object.State(1 + random.IntN(max(1, c.values, c.last)))
		}
		if a.old == a.new {
			a = act{f: 'r'}
		}
	case 'a':
		a.new = object.State(1 + random.IntN(2))
	}
	c.wanted = append(c.wanted, a)
	return len(c.wanted) - 1
}

func (c *cells) do(wanted int, answered bool) int32 {
	a := c.wanted[wanted]
	switch {
	case a.f == 'r':
		a.old = c.now
	case a.f == 'c' && a.old != c.now && answered:
		a = act{f: 'm', old: a.old}
	}
	class := c.class(a)
	if next, ok := c.Step(c.now, class); ok {
		c.now = next
	}
	return class
}

func (c *cells) unanswered(wanted int) int32 { return c.class(c.wanted[wanted]) }

func (c *cells) other(class int32, random *rand.Rand) int32 {
	a := c.acts[class]
	if a.f == 'r' || a.f == 'm' {
		a.old = object.State(random.IntN(2 + max(c.values, int(c.now))))
	}
	return c.class(a)
}

// box is a container of letters whose rule is a machine on strings: classes are
// texts like "put a", "get b", "empty", and "get" without an answer.
type box struct {
	*object.Machine
	names   []string
	numbers map[string]int32
	rule    func(holds, class string) (string, bool)
	now     string
	wanted  []string
	put     int
}

func newBox(kind string) *box {
	b := &box{numbers: map[string]int32{}, rule: map[string]func(holds, class string) (string, bool){"queue": queueRule, "stack": stackRule, "set": setRule}[kind]}
	b.Machine = object.NewMachine("",
		func(state string, class int32) (string, bool) { return b.rule(state, b.names[class]) },
		func(class int32) bool { return b.names[class] == "empty" })
	return b
}

func (b *box) class(name string) int32 {
	n, known := b.numbers[name]
	if !known {
		n = int32(len(b.names))
		b.numbers[name], b.names = n, append(b.names, name)
	}
	return n
}

func queueRule(holds, class string) (string, bool) {
	f, v, answered := strings.Cut(class, " ")
	switch {
	case f == "put":
		return holds + v, true
	case f == "empty":
		return holds, holds == ""
	case !answered:
		return strings.TrimPrefix(holds, holds[:min(1, len(holds))]), true
	}
	return strings.CutPrefix(holds, v)
}

func stackRule(holds, class string) (string, bool) {
	f, v, answered := strings.Cut(class, " ")
	switch {
	case f == "put":
		return holds + v, true
	case f == "empty":
		return holds, holds == ""
	case !answered:
		return strings.TrimSuffix(holds, holds[max(0, len(holds)-1):]), true
	}
	return strings.CutSuffix(holds, v)
}

// setRule gives out any letter that is there.
func setRule(holds, class string) (string, bool) {
	f, v, answered := strings.Cut(class, " ")
	switch {
	case f == "put" && strings.Contains(holds, v):
		return holds, true
	case f == "put":
		at := 0
		for at < len(holds) && holds[at:at+1] < v {
			at++
		}
		return holds[:at] + v + holds[at:], true
	case f == "empty":
		return holds, holds == ""
	case !answered:
		return holds[min(1, len(holds)):], true
	}
	before, after, found := strings.Cut(holds, v)
	return before + after, found
}

func (b *box) next(random *rand.Rand) int {
	name := "get"
	if random.IntN(2) == 0 {
		b.put++
		name = fmt.Sprintf("put %c", 'a'+rune([]int{b.put % 26, random.IntN(2)}[random.IntN(2)]))
	}
	b.wanted = append(b.wanted, name)
	return len(b.wanted) - 1
}

func (b *box) do(wanted int, answered bool) int32 {
	name := b.wanted[wanted]
	if name == "get" && answered {
		name = "empty"
		for v := 'a'; v <= 'z'; v++ {
			if _, ok := b.rule(b.now, fmt.Sprintf("get %c", v)); ok {
				name = fmt.Sprintf("get %c", v)
				break
			}
		}
	}
	b.now, _ = b.rule(b.now, name)
	return b.class(name)
}

func (b *box) unanswered(wanted int) int32 { return b.class(b.wanted[wanted]) }

func (b *box) other(class int32, random *rand.Rand) int32 {
	name := b.names[class]
	switch {
	case strings.HasPrefix(name, "put"), name == "get":
	case random.IntN(3) == 0:
		name = "empty"
	default:
		name = fmt.Sprintf("get %c", 'a'+rune(random.IntN(4)))
	}
	return b.class(name)
}

// crowd are clients that work on a system.
type crowd struct {
	clients, operations int
	// trouble is the share of operations without an answer, lies that of wrong
	// ones.
	trouble, lies float64
}

type client struct {
	busy, acted bool
	wanted, op  int
}

// work lets clients do operations, each with its effect between its start and its
// end, in a random order. The effect of one without an answer comes, comes later,
// or does not come.
func (c crowd) work(s system, random *rand.Rand) []object.Op {
	clients := make([]client, c.clients)
	var ops []object.Op
	var ghosts []int // what was wanted by those whose effect has not come
	for now, busy := 0, 0; len(ops) < c.operations || busy > 0; now++ {
		if len(ghosts) > 0 && random.IntN(8) == 0 {
			late := random.IntN(len(ghosts))
			s.do(ghosts[late], false)
			ghosts = append(ghosts[:late], ghosts[late+1:]...)
		}
		switch by := &clients[random.IntN(len(clients))]; {
		case !by.busy && len(ops) < c.operations:
			*by = client{busy: true, wanted: s.next(random), op: len(ops)}
			ops = append(ops, object.Op{Start: now, End: object.Never, Call: len(ops)})
			busy++
		case !by.busy:
		case random.Float64() < c.trouble:
			by.busy = false
			busy--
			ops[by.op].Maybe, ops[by.op].Class = true, s.unanswered(by.wanted)
			if !by.acted && random.IntN(2) == 0 {
				ghosts = append(ghosts, by.wanted)
			}
		case !by.acted:
			by.acted = true
			ops[by.op].Class = s.do(by.wanted, true)
			if random.Float64() < c.lies {
				ops[by.op].Class = s.other(ops[by.op].Class, random)
			}
		default:
			by.busy = false
			busy--
			ops[by.op].End = now
		}
	}
	return ops
}
