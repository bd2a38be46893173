// Package writeskew finds pairs of transactions each of which overwrote what the
// other one had read: a write skew if they wrote different keys (Berenson and
// others, A Critique of ANSI SQL Isolation Levels, 1995, A5B), a lost update if they
// wrote the same. What it finds is certain; longer cycles and other anomalies are
// not looked for.
package writeskew

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// The anomalies, by the names that findings bear.
const (
	WriteSkew  = "write-skew"
	LostUpdate = "lost-update"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// Options say what is demanded.
type Options struct {
	// Expected is the isolation level: an anomaly that it allows is no finding.
	Expected isolation.Level
}

// New is a checker of registers to which each value is written once. Operations are
// txn, with micro-operations as package transaction reads them. Of transactions
// that were acknowledged, one overwrote what another one read if it read the same
// version of a key before it wrote it. A value that two transactions write to a key
// leaves the versions unknown: the verdict is Unknown then.
func New(o Options) checkers.Checker { return checker{o} }

type checker struct{ options Options }

func (checker) Name() string { return "write-skew" }
func (checker) About() string {
	return "no two transactions overwrote what the other one had read"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	s, err := read(h.Calls())
	if err != nil {
		v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
		return v, nil
	}
	return s.conclude(v, c.options.Expected), nil
}

// version is what a key held: a value, or nothing yet.
type version struct {
	key   string
	value int
	found bool
}

// txn is a transaction that was acknowledged: what it read of others, and which of
// these versions it overwrote.
type txn struct {
	call              history.Call
	read, overwritten []version
}

// skews collects transactions, in the order of their invocations.
type skews struct {
	txns []txn
	// overwriters are those who replaced a version, by their places in txns.
	overwriters map[version][]int
	// writers are the calls that wrote a version.
	writers map[version]int
}

func read(calls []history.Call) (*skews, error) {
	s := &skews{overwriters: map[version][]int{}, writers: map[version]int{}}
	for _, call := range calls {
		if call.F != transaction.F {
			return nil, fmt.Errorf("op %d: %s is no transaction", call.Invoke, call.F)
		}
		ops, err := transaction.Of(call)
		if err == nil && call.Type != history.Fail {
			err = s.add(call, ops)
		}
		if err != nil {
			return nil, fmt.Errorf("op %d: %w", call.Invoke, err)
		}
	}
	return s, nil
}

func (s *skews) add(call history.Call, ops []transaction.Op) error {
	t := txn{call: call}
	touched, read := map[string]bool{}, map[string]version{}
	for _, op := range ops {
		if op.Kind == transaction.Append || op.List != nil {
			return fmt.Errorf("%s is of a list, not of a register", op.Kind)
		}
		at := version{op.Key, op.Value, op.Kind == transaction.Write || op.Found}
		if op.Kind == transaction.Write {
			if other, known := s.writers[at]; known {
				return fmt.Errorf("it writes %d to %s, as op %d does", op.Value, op.Key, other)
			}
			s.writers[at] = call.Invoke
			if before, known := read[op.Key]; known {
				t.overwritten = append(t.overwritten, before)
				delete(read, op.Key)
			}
		} else if !touched[op.Key] {
			read[op.Key] = at
			t.read = append(t.read, at)
		}
		touched[op.Key] = true
	}
	if call.Type == history.OK && len(t.read) > 0 {
		for _, v := range t.overwritten {
			s.overwriters[v] = append(s.overwriters[v], len(s.txns))
		}
		s.txns = append(s.txns, t)
	}
	return nil
}

// pair are two transactions, the first of which read a version that the second
// overwrote, and the other way round.
type pair struct {
	a, b int
	// ofA and ofB are what each of them overwrote; the same if both did.
	ofA, ofB version
}

func (p pair) anomaly() string {
	if p.ofA == p.ofB {
		return LostUpdate
	}
	return WriteSkew
}

// pairs are all of them.
func (s *skews) pairs(tell func(pair)) {
	for a, t := range s.txns {
		told := map[int]bool{}
		for _, v := range t.read {
			for _, b := range s.overwriters[v] {
				if b <= a || told[b] {
					continue
				}
				told[b] = true
				if p, ok := s.pair(a, b, v); ok {
					tell(p)
				}
			}
		}
	}
}

// pair says whether two transactions, the second of which overwrote a version that
// the first had read, are a pair; a lost update if they are one.
func (s *skews) pair(a, b int, ofB version) (p pair, ok bool) {
	one, other := s.txns[a], s.txns[b]
	for _, v := range one.overwritten {
		if slices.Contains(other.overwritten, v) {
			return pair{a, b, v, v}, true
		}
	}
	for _, v := range one.overwritten {
		if slices.Contains(other.read, v) {
			return pair{a, b, v, ofB}, true
		}
	}
	return p, false
}

func (s *skews) conclude(v checkers.Verdict, expected isolation.Level) checkers.Verdict {
	found := map[string]int{}
	s.pairs(func(p pair) {
		anomaly := p.anomaly()
		if found[anomaly]++; found[anomaly] <= mostFindings && contradicts(anomaly, expected) {
			v.Findings = append(v.Findings, s.tell(p))
		}
	})
	updates := 0
	for _, t := range s.txns {
		if len(t.overwritten) > 0 {
			updates++
		}
	}
	v.Stats = []checkers.Stat{
		{Name: "transactions that overwrote what they read", Value: checkers.Number(updates)},
		{Name: "write skews", Value: checkers.Number(found[WriteSkew])},
		{Name: "lost updates", Value: checkers.Number(found[LostUpdate])},
	}
	told := fmt.Sprintf("of %s that overwrote what they read, %s skewed and %s lost an update",
		checkers.Count(updates, "transaction"), checkers.Count(found[WriteSkew], "pair"), checkers.Count(found[LostUpdate], "pair"))
	switch {
	case len(v.Findings) > 0:
		v.Validity, v.Reason = checkers.Invalid, told
	case updates < 2:
		v.Reason = "no two transactions overwrote what they had read: there is nothing to compare"
	case len(found) > 0:
		v.Validity, v.Reason = checkers.Valid, fmt.Sprintf("%s, which %v allows", told, expected)
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("no two of %s that overwrote what they read had read the same", checkers.Count(updates, "transaction"))
	}
	return v
}

func contradicts(anomaly string, expected isolation.Level) bool {
	if anomaly == LostUpdate {
		return isolation.LostUpdate.RulesOut(expected)
	}
	return isolation.G2Item.RulesOut(expected)
}

func (s *skews) tell(p pair) checkers.Finding {
	one, other := s.txns[p.a].call, s.txns[p.b].call
	at := []int{one.Invoke, other.Invoke}
	f := checkers.Finding{Anomaly: p.anomaly(), Key: p.ofA.key, Culprits: at, Context: slices.Clone(at)}
	if f.Anomaly == LostUpdate {
		f.Text = fmt.Sprintf("%s (%s) and %s (%s) both read %s and overwrote it: one of the two updates is lost.",
			capital(checkers.Who(one)), checkers.When(one), checkers.Who(other), checkers.When(other), p.ofA)
		return f
	}
	f.Text = fmt.Sprintf("%s (%s) and %s (%s) both read %s and %s; the first then overwrote %s and the second %s. Whichever was first, the other one should have read what it wrote.",
		capital(checkers.Who(one)), checkers.When(one), checkers.Who(other), checkers.When(other), p.ofA, p.ofB, p.ofA.key, p.ofB.key)
	return f
}

// String is "x=1", or "no x".
func (v version) String() string {
	if !v.found {
		return "no " + v.key
	}
	return fmt.Sprintf("%s=%d", v.key, v.value)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
