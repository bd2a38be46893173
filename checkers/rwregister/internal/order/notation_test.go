package order

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// small is a small history, with the names of its transactions and keys.
type small struct {
	*registers.History
	txns, keys []string
}

// read reads transactions in the order of their invocations, one a line:
//
//	name [session@invoked-done] what what ...
//
// as in "B 2@3-7 x=A y=- z!": B, of session 2, read of x what A had written and of y
// the initial state, and wrote z. y? is a read of y, and nobody knows whose write it
// found; ? instead of when it was done says that nobody knows that. Without a session a
// transaction is in one of its own, and under way as long as all others are.
func read(t testing.TB, text string) small {
	t.Helper()
	s := small{&registers.History{Txns: []registers.Txn{{Number: -1, Invoke: -1, Complete: -1, Chain: -1}}}, []string{"-"}, nil}
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ';' })
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	for _, line := range lines {
		s.txns = append(s.txns, strings.Fields(line)[0])
	}
	last := map[string]int32{}
	for n, line := range lines {
		txn := registers.Txn{Number: int32(n), Invoke: int32(n), Complete: int32(1000 + n)}
		for _, word := range strings.Fields(line)[1:] {
			if session, span, timed := strings.Cut(word, "@"); timed {
				txn.Invoke, txn.Complete = times(t, span)
				txn.After = last[session]
				if txn.Complete != registers.Never {
					last[session] = int32(n + 1)
				}
				continue
			}
			s.do(t, &txn, word)
		}
		slices.Sort(txn.Writes)
		s.Txns = append(s.Txns, txn)
	}
	s.Keys = len(s.keys)
	return s
}

func times(t testing.TB, span string) (invoke, complete int32) {
	t.Helper()
	from, to, _ := strings.Cut(span, "-")
	if to == "?" {
		to = strconv.Itoa(math.MaxInt32)
	}
	first, err := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	if err != nil || err2 != nil {
		t.Fatalf("%q is no span of time", span)
	}
	return int32(first), int32(last)
}

// do adds what one word says that a transaction did.
func (s *small) do(t testing.TB, txn *registers.Txn, word string) {
	t.Helper()
	name, from, isRead := strings.Cut(word, "=")
	if !isRead {
		name = word[:len(word)-1]
	}
	key := int32(slices.Index(s.keys, name))
	if key < 0 {
		key = int32(len(s.keys))
		s.keys = append(s.keys, name)
	}
	switch writer := slices.Index(s.txns, from); {
	case isRead && writer < 0:
		t.Fatalf("%q: there is no transaction %q", word, from)
	case isRead:
		txn.Reads = append(txn.Reads, registers.Read{Key: key, From: int32(writer), Op: int32(len(txn.Reads))})
	case strings.HasSuffix(word, "!"):
		txn.Writes = append(txn.Writes, key)
	case strings.HasSuffix(word, "?"):
		txn.Unsure = append(txn.Unsure, key)
	default:
		t.Fatalf("%q is no micro-operation", word)
	}
}

// part is some of the transactions, with their names.
func (s small) part(txns []int32) small {
	p := small{s.Part(slices.Sorted(slices.Values(txns))), []string{"-"}, nil}
	for t := 1; t < len(p.Txns); t++ {
		p.txns = append(p.txns, s.txns[p.Txns[t].Number+1])
	}
	for key := range p.Keys {
		p.keys = append(p.keys, fmt.Sprint("part", key))
	}
	return p
}

// String writes a history as read reads it.
func (s small) String() string {
	var b strings.Builder
	session := map[int32]int32{}
	for n := 1; n < len(s.Txns); n++ {
		txn := &s.Txns[n]
		session[int32(n)] = int32(n)
		if txn.After != registers.Initial {
			session[int32(n)] = session[txn.After]
		}
		complete := fmt.Sprint(txn.Complete)
		if txn.Complete == registers.Never {
			complete = "?"
		}
		fmt.Fprintf(&b, "%s %d@%d-%s", s.txns[n], session[int32(n)], txn.Invoke, complete)
		for _, r := range txn.Reads {
			fmt.Fprintf(&b, " %s=%s", s.keys[r.Key], s.txns[r.From])
		}
		for _, key := range txn.Unsure {
			fmt.Fprintf(&b, " %s?", s.keys[key])
		}
		for _, key := range txn.Writes {
			fmt.Fprintf(&b, " %s!", s.keys[key])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// names are those of some transactions, in order.
func (s small) names(txns []int32) string {
	var names []string
	for _, t := range txns {
		names = append(names, s.txns[t])
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

var edges = [...]string{Within: "within", Read: "read", Overwritten: "overwritten", Missed: "missed", Session: "session", Clock: "clock"}

// told writes a circle from the first of its names on: "A read x B, B missed y A", with
// what there would be otherwise in brackets.
func (s small) told(steps []Step) string {
	first := 0
	for n, step := range steps {
		if s.txns[step.From] < s.txns[steps[first].From] {
			first = n
		}
	}
	var words []string
	for n := range steps {
		step := steps[(first+n)%len(steps)]
		word := s.txns[step.From] + " " + edges[step.Kind]
		if step.Key >= 0 {
			word += " " + s.keys[step.Key]
		}
		word += " " + s.txns[step.To]
		if step.Forced {
			word += " [" + s.told(step.Otherwise) + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}
