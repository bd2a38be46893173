package watch_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/watch"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := watch.New().Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// put makes 7 the value of k at version 3, and told is what a watcher was told of it.
const (
	put  = "0 invoke put 7 key=k node=n1\n0 ok put 3 key=k node=n1\n"
	told = "1 invoke watch 0 node=n2\n1 ok watch [3,[[\"k\",7,3]]] node=n2\n"
)

var known = []struct{ name, want, text string }{
	{"told", "valid", put + told},
	{"told before it was acknowledged", "valid", "0 invoke put 7 key=k\n" + told + "0 ok put 3 key=k\n"},
	{"of unknown outcome, and told", "valid", "0 invoke put 7 key=k\n0 info put 7 key=k !timeout\n" + told},
	{"of unknown outcome, and not told", "valid", "0 invoke put 9 key=k\n0 info put 9 key=k !timeout\n" + "3 invoke put 7 key=k\n3 ok put 3 key=k\n" + told},
	{"watched on from there", "valid", put + told + `
		0 invoke delete key=k
		0 ok delete 4 key=k
		1 invoke watch 3 node=n2
		1 ok watch [5,[["k",null,4]]] node=n2`},
	{"not known there yet", "valid", put + told + `
		2 invoke watch 3 node=n3
		2 ok watch [1,[]] node=n3`},
	{"of another prefix", "valid", put + told + `
		2 invoke watch 0 key=other
		2 ok watch [9,[]] key=other`},
	{"several keys at one version", "valid", put + `
		0 invoke put 8 key=l
		0 ok put 3 key=l
		1 invoke watch 0
		1 ok watch [3,[["l",8,3],["k",7,3]]]`},
	{"nothing was deleted", "valid", put + told + `
		0 invoke delete key=x
		0 ok delete null key=x`},
	{"missed", "missed", put + told + `
		2 invoke watch 0
		2 ok watch [3,[]]`},
	{"missed, though acknowledged later", "missed", `
		0 invoke put 8 key=l
		2 invoke watch 0
		2 ok watch [9,[]]
		0 ok put 4 key=l` + "\n" + put + told},
	{"missed after a reconnect", "missed", put + told + `
		0 invoke put 8 key=k
		0 ok put 5 key=k
		0 invoke put 9 key=k
		0 ok put 6 key=k
		1 invoke watch 3
		1 ok watch [6,[["k",9,6]]]`},
	{"another watcher was told of it", "missed", `
		0 invoke put 7 key=k
		0 info put 7 key=k !timeout
		1 invoke watch 0
		1 ok watch [3,[["k",7,3]]]
		2 invoke watch 1
		2 ok watch [4,[]]`},
	{"another value", "inconsistent", put + `
		2 invoke put 8 key=k
		2 info put 8 key=k !timeout
		1 invoke watch 0
		1 ok watch [3,[["k",8,3]]]`},
	{"one version for two", "inconsistent", put + told + `
		0 invoke put 7 key=k
		0 ok put 3 key=k`},
	{"made up", "phantom", put + `
		1 invoke watch 0
		1 ok watch [4,[["k",7,3],["k",8,4]]]`},
	{"told before it was made", "phantom", told + "0 invoke put 7 key=k\n0 info put 7 key=k !timeout\n"},
	{"a deletion that nobody made", "phantom", put + `
		1 invoke watch 0
		1 ok watch [4,[["k",7,3],["k",null,4]]]`},
	{"above what it claims to be all", "phantom", put + `
		1 invoke watch 0
		1 ok watch [2,[["k",7,3]]]`},
	{"made in vain", "aborted-read", "0 invoke put 7 key=k\n0 fail put 7 key=k !refused\n" + told},
	{"twice in one answer", "duplicated", put + `
		1 invoke watch 0
		1 ok watch [3,[["k",7,3],["k",7,3]]]`},
	{"again", "duplicated", put + told + `
		1 invoke watch 3
		1 ok watch [4,[["k",7,3]]]`},
	{"made twice", "duplicated", put + `
		1 invoke watch 0
		1 ok watch [4,[["k",7,3],["k",7,4]]]`},
	{"out of order", "out-of-order", put + `
		0 invoke put 8 key=k
		0 ok put 4 key=k
		1 invoke watch 0
		1 ok watch [4,[["k",8,4],["k",7,3]]]`},
	{"between two answers", "unknown", put + `
		1 invoke watch 0
		1 ok watch [3,[["k",7,3]]]
		0 invoke put 8 key=k
		0 ok put 4 key=k
		0 invoke put 9 key=k
		0 ok put 5 key=k
		1 invoke watch 4
		1 ok watch [5,[["k",9,5]]]`},
	{"of a key that nobody watches", "unknown", put + `
		0 invoke put 8 key=other
		0 ok put 4 key=other
		1 invoke watch 0 key=k
		1 ok watch [4,[["k",7,3]]] key=k`},
	{"above all that was told", "unknown", put + told + "0 invoke put 8 key=k\n0 ok put 4 key=k\n"},
	{"a node that lags behind", "unknown", put + told + `
		1 invoke watch 0 node=n2 final
		1 ok watch [3,[["k",7,3]]] node=n2 final
		2 invoke watch 0 node=n3 final
		2 ok watch [2,[]] node=n3 final`},
	{"nothing was told", "unknown", put},
	{"nothing", "unknown", ``},
	{"an answer that is none", "unknown", "1 invoke watch 0\n1 ok watch [3]\n"},
	{"a version that is none", "unknown", "0 invoke put 7 key=k\n0 ok put 0 key=k\n"},
	{"another operation", "unknown", "0 invoke read key=k\n0 ok read 1 key=k\n"},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, h)
			said := got.Validity.String()
			if got.Validity == checkers.Invalid && script.PointsAtCalls(t, h, got) {
				said = got.Findings[0].Anomaly
			}
			if said != c.want {
				t.Errorf("%s, want %s: %s", said, c.want, got.Reason)
			}
			all.WriteString(script.Explained(c.name, got))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// store is a map whose changes are watched. It tells the truth, unless it lies, which
// is every so many answers.
type store struct {
	random  *rand.Rand
	keys    int
	values  int // how many there are; 0 is a new one each time
	last    int
	version int
	changes [][]any // version, key, value or nil
	lies    int
}

func (s *store) Next() history.Op {
	key := fmt.Sprint("k", s.random.IntN(s.keys))
	switch s.random.IntN(5) {
	case 0, 1:
		s.last++
		value := s.last
		if s.values > 0 {
			value = s.random.IntN(s.values)
		}
		return history.Op{F: "put", Key: key, Value: history.Int(value)}
	case 2:
		return history.Op{F: "delete", Key: key}
	}
	return history.Op{F: "watch", Key: []string{"", "k", "k1"}[s.random.IntN(3)], Value: history.Int(s.random.IntN(s.version + 2))}
}

func (s *store) Effect(op history.Op) any {
	if op.F == "watch" {
		after, _ := op.Value.Int()
		upto := max(after, s.version-s.random.IntN(2))
		return []any{after, upto, s.between(op.Key, after, upto)}
	}
	there := false
	for _, c := range s.changes {
		if c[1] == op.Key {
			there = c[2] != nil
		}
	}
	if op.F == "delete" && !there {
		return nil
	}
	var value any
	if n, is := op.Value.Int(); is {
		value = n
	}
	s.version += 1 + s.random.IntN(2)
	s.changes = append(s.changes, []any{s.version, op.Key, value})
	return s.version
}

func (s *store) between(prefix string, after, upto int) (told []history.Value) {
	for _, c := range s.changes {
		if v := c[0].(int); v > after && v <= upto && strings.HasPrefix(c[1].(string), prefix) {
			value := history.Value{}
			if n, is := c[2].(int); is {
				value = history.Int(n)
			}
			told = append(told, history.List(history.String(c[1].(string)), value, history.Int(v)))
		}
	}
	return told
}

func (s *store) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	lie := s.lies > 0 && s.random.IntN(s.lies) == 0
	switch a := answer.(type) {
	case nil:
		return history.OK, history.Value{}, ""
	case int:
		if lie && s.random.IntN(2) == 0 {
			return history.Fail, op.Value, "refused"
		} else if lie {
			a++
		}
		return history.OK, history.Int(a), ""
	case []any:
		told := slices.Clone(a[2].([]history.Value))
		if lie {
			told = s.distort(told)
		}
		return history.OK, history.List(history.Int(a[1].(int)), history.List(told...)), ""
	}
	panic("no such answer")
}

// distort leaves out, repeats, exchanges or adds changes.
func (s *store) distort(told []history.Value) []history.Value {
	other := history.List(history.String("k1"), history.Int(s.random.IntN(3)), history.Int(1+s.random.IntN(s.version+1)))
	if len(told) == 0 {
		return append(told, other)
	}
	at := s.random.IntN(len(told))
	switch s.random.IntN(4) {
	case 0:
		return slices.Delete(told, at, at+1)
	case 1:
		return append(told, told[at])
	case 2:
		to := s.random.IntN(len(told))
		told[at], told[to] = told[to], told[at]
	default:
		told[at] = other
	}
	return told
}

// cell is a change in the only log that can explain a history: that of all changes
// which anybody was told of.
type cell struct {
	version int
	key     string
	effect  string
	known   int // when the first one knew
	owned   bool
}

// explained says whether a log of changes explains the history, by comparing every
// answer with that log and trying all ways in which operations can have made it.
func explained(h *history.History) bool {
	calls := h.Calls()
	log, ok := logOf(calls)
	if !ok {
		return false
	}
	slices.SortFunc(log, func(a, b *cell) int { return a.version - b.version })
	for _, c := range calls {
		if c.F == "watch" && c.Type == history.OK && !fits(c, log) {
			return false
		}
	}
	return made(calls, log, map[int]bool{})
}

func logOf(calls []history.Call) (log []*cell, ok bool) {
	at := map[string]*cell{}
	note := func(key string, version int, effect string, known int, owner bool) bool {
		id := fmt.Sprint(version, " ", key)
		c, there := at[id]
		if !there {
			c = &cell{version, key, effect, known, false}
			at[id], log = c, append(log, c)
		}
		fine := c.effect == effect && !(owner && c.owned)
		c.known, c.owned = min(c.known, known), c.owned || owner
		return fine
	}
	ok = true
	for _, c := range calls {
		if c.Type != history.OK {
			continue
		}
		if version, is := c.Out.Int(); is {
			ok = note(c.Key, version, c.In.String(), c.Complete, true) && ok
			continue
		}
		items, _ := c.Out.Items()
		if len(items) != 2 {
			continue
		}
		told, _ := items[1].Items()
		for _, item := range told {
			parts, _ := item.Items()
			key, _ := parts[0].Text()
			version, _ := parts[2].Int()
			ok = note(key, version, parts[1].String(), c.Complete, false) && ok
		}
	}
	return log, ok
}

// fits compares an answer with the log, where changes of one version may come in any
// order.
func fits(c history.Call, log []*cell) bool {
	after, _ := c.In.Int()
	items, _ := c.Out.Items()
	upto, _ := items[0].Int()
	told, _ := items[1].Items()
	left := map[string]bool{}
	for _, l := range log {
		if l.version > after && l.version <= upto && strings.HasPrefix(l.key, c.Key) {
			left[fmt.Sprint(l.version, " ", l.key)] = true
		}
	}
	last := 0
	for _, item := range told {
		parts, _ := item.Items()
		key, _ := parts[0].Text()
		version, _ := parts[2].Int()
		id := fmt.Sprint(version, " ", key)
		if !left[id] || version < last {
			return false
		}
		delete(left, id)
		last = version
	}
	return len(left) == 0
}

// made tries all ways to give the changes that nobody was acknowledged to operations
// of unknown outcome.
func made(calls []history.Call, log []*cell, used map[int]bool) bool {
	if len(log) == 0 {
		return true
	}
	c := log[0]
	if c.owned {
		return made(calls, log[1:], used)
	}
	for i, call := range calls {
		if call.F == "watch" || call.Type != history.Info || used[i] || call.Key != c.key || call.In.String() != c.effect || call.Invoke >= c.known {
			continue
		}
		used[i] = true
		if made(calls, log[1:], used) {
			return true
		}
		used[i] = false
	}
	return false
}

func TestAgainstAllExplanations(t *testing.T) {
	var seen script.Tally
	script.Try(t, 20_000, 5, func(t *testing.T, random *rand.Rand) bool {
		s := &store{random: random, keys: 1 + random.IntN(2), values: random.IntN(3), lies: random.IntN(10)}
		clients := script.Clients{Random: random, System: s, Trouble: []float64{0, 0.2, 0.5}[random.IntN(3)]}
		h := clients.Work(1+random.IntN(4), 2+random.IntN(14))
		got := check(t, h)
		fine := explained(h)
		seen.Count(got.Validity.String())
		for _, f := range got.Findings {
			seen.Count(f.Anomaly)
		}
		if fine == (got.Validity == checkers.Invalid) {
			t.Errorf("%s, explained: %v: %s\n%s", got.Validity, fine, got.Reason, script.String(h))
			return false
		}
		if s.lies == 0 && !fine {
			t.Errorf("the truth has no explanation\n%s", script.String(h))
		}
		return true
	})
	seen.CameUp(t, "valid", "unknown", watch.Missed, watch.Inconsistent, watch.Phantom, watch.AbortedRead, watch.Duplicated, watch.OutOfOrder)
}

func TestMutationsAreFound(t *testing.T) {
	script.Try(t, 500, 20, func(t *testing.T, random *rand.Rand) bool {
		s := &store{random: random, keys: 4}
		clients := script.Clients{Random: random, System: s, Trouble: 0.1}
		h := clients.Work(4, 60)
		if v := check(t, h); v.Validity == checkers.Invalid {
			t.Errorf("a right history is %s: %s", v.Validity, v.Reason)
			return false
		}
		var answers []*history.Op
		for i := range h.Ops {
			op := &h.Ops[i]
			if items, _ := op.Value.Items(); op.Type == history.OK && len(items) == 2 {
				if told, _ := items[1].Items(); len(told) > 0 {
					answers = append(answers, op)
				}
			}
		}
		if len(answers) < 2 {
			return true
		}
		// A change is left out that somebody else was told of, or got acknowledged.
		for range 5 {
			op := answers[random.IntN(len(answers))]
			items, _ := op.Value.Items()
			told, _ := items[1].Items()
			at := random.IntN(len(told))
			before := op.Value
			op.Value = history.List(items[0], history.List(slices.Delete(slices.Clone(told), at, at+1)...))
			known, _ := logOf(h.Calls())
			if slices.ContainsFunc(known, func(c *cell) bool { return sameChange(c, told[at]) }) {
				v := check(t, h)
				if v.Validity != checkers.Invalid || v.Findings[0].Anomaly != watch.Missed {
					t.Errorf("a change that is missing is %s: %s\n%s", v.Validity, v.Reason, script.String(h))
					return false
				}
			}
			op.Value = before
		}
		return true
	})
}

func sameChange(c *cell, told history.Value) bool {
	parts, _ := told.Items()
	key, _ := parts[0].Text()
	version, _ := parts[2].Int()
	return c.key == key && c.version == version
}
