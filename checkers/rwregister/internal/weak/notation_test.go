package weak_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
)

// small is a small history, with the names of its transactions and keys.
type small struct {
	*registers.History
	txns, keys []string
	sessions   map[string]int32 // the last transaction of each
	chains     map[string]int32
}

// read reads transactions in the order of their invocations, one a line:
//
//	name[@session[?]] what what ...
//
// as in "B@2 x=A y=- z!": B, of session 2, read of x what A had written and of y the
// initial state, and wrote z. ? says that nobody knows its outcome, so that nothing in its
// session comes after it. Without a session a transaction is in one of its own.
func read(t *testing.T, text string) small {
	t.Helper()
	s := small{&registers.History{Txns: make([]registers.Txn, 1)}, []string{"-"}, nil, map[string]int32{}, map[string]int32{}}
	var lines [][]string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ';' }) {
		if words := strings.Fields(line); len(words) > 0 {
			name, _, _ := strings.Cut(words[0], "@")
			lines, s.txns = append(lines, words), append(s.txns, name)
		}
	}
	for _, words := range lines {
		s.line(words[0])
		for _, word := range words[1:] {
			s.do(t, word)
		}
		slices.Sort(s.Txns[len(s.Txns)-1].Writes)
	}
	s.Keys, s.Chains = len(s.keys), len(s.chains)
	s.mustMatch(t)
	return s
}

// line adds a transaction to its session and its chain.
func (s *small) line(word string) {
	_, session, in := strings.Cut(word, "@")
	session, lost := strings.CutSuffix(session, "?")
	if !in {
		session = word
	}
	t := int32(len(s.Txns))
	txn := registers.Txn{Number: t - 1, After: s.sessions[session], Place: 1}
	chain := session
	if lost {
		chain = word + " by itself"
	} else if s.sessions[session] = t; txn.After != registers.Initial {
		txn.Place = s.Txns[txn.After].Place + 1
	}
	if _, known := s.chains[chain]; !known {
		s.chains[chain] = int32(len(s.chains))
	}
	txn.Chain = s.chains[chain]
	s.Txns = append(s.Txns, txn)
}

// do adds what one word says that the last transaction did.
func (s *small) do(t *testing.T, word string) {
	t.Helper()
	name, from, isRead := strings.Cut(word, "=")
	name, isWrite := strings.CutSuffix(name, "!")
	key := int32(slices.Index(s.keys, name))
	if key < 0 {
		key = int32(len(s.keys))
		s.keys = append(s.keys, name)
	}
	txn := &s.Txns[len(s.Txns)-1]
	switch {
	case isRead == isWrite:
		t.Fatalf("%q is neither a read nor a write", word)
	case isRead:
		txn.Reads = append(txn.Reads, registers.Read{Key: key, From: s.txn(t, from), Op: int32(len(txn.Reads))})
	default:
		txn.Writes = append(txn.Writes, key)
	}
}

// mustMatch fails if anybody read a key from a transaction that did not write it.
func (s *small) mustMatch(t *testing.T) {
	t.Helper()
	for n := range s.Txns {
		for _, r := range s.Txns[n].Reads {
			if r.From == int32(n) || r.From != registers.Initial && !s.Txns[r.From].Wrote(r.Key) {
				t.Fatalf("%s cannot read %s from %s", s.txns[n], s.keys[r.Key], s.txns[r.From])
			}
		}
	}
}

func (s *small) txn(t *testing.T, name string) int32 {
	t.Helper()
	at := slices.Index(s.txns, name)
	if at < 0 {
		t.Fatalf("there is no transaction %q", name)
	}
	return int32(at)
}

// names are those of some transactions, in their order.
func (s *small) names(txns []int32) string {
	var names []string
	for _, t := range txns {
		names = append(names, s.txns[t])
	}
	return strings.Join(names, " ")
}

// circle are the names of a cycle, from the first by the alphabet on.
func (s *small) circle(cycle []int32) string {
	first := 0
	for n, t := range cycle {
		if s.txns[t] < s.txns[cycle[first]] {
			first = n
		}
	}
	return s.names(slices.Concat(cycle[first:], cycle[:first]))
}

// told writes demands by the alphabet, as in "A<B: C y by x": A comes before B, as C read y
// from B, and x from A; "by -" if it knew of A without that. It is all the same how often
// something is demanded.
func (s *small) told(demands []weak.Demand) string {
	var all []string
	for _, d := range demands {
		seen := "-"
		if d.Seen >= 0 {
			seen = s.keys[d.Seen]
		}
		all = append(all, fmt.Sprintf("%s<%s: %s %s by %s", s.txns[d.Before], s.txns[d.After], s.txns[d.Reader], s.keys[d.Key], seen))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}
