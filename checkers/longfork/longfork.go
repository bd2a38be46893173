// Package longfork finds long forks (Sovran and others, Transactional Storage for
// Geo-replicated Systems, 2011): of two writes that have nothing to do with each
// other, one read saw only the first and another one only the second, so that no
// order of the two is right for both. What it finds is certain; other anomalies are
// not looked for.
package longfork

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// LongFork is the name that findings bear.
const LongFork = "long-fork"

// mostKeys is how many keys a group may have.
const mostKeys = 64

// mostFindings is how many forks are told one by one.
const mostFindings = 10

// New is a checker of registers each of which is written once at most. Operations
// are txn, with micro-operations as package transaction reads them. Transactions
// that only read, and read the same keys, are compared: each has to have found all
// that the other one found, or the other way round. A key that several transactions
// write leaves nothing to compare: the verdict is Unknown then.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "long-fork" }
func (checker) About() string {
	return "no two reads saw two writes in opposite orders"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	calls := h.Calls()
	groups, err := groups(calls)
	if err != nil {
		v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
		return v, nil
	}
	return conclude(v, calls, groups), nil
}

// group are the reads of the same keys.
type group struct {
	keys []string
	// first are the first reads that found these keys of them.
	first map[uint64]int
	reads int
}

// reading collects groups, in the order of their first reads.
type reading struct {
	calls   []history.Call
	groups  []*group
	byKeys  map[string]*group
	writers map[string]int
}

func groups(calls []history.Call) ([]*group, error) {
	r := reading{calls: calls, byKeys: map[string]*group{}, writers: map[string]int{}}
	for i, call := range calls {
		if err := r.add(i); err != nil {
			return nil, fmt.Errorf("op %d: %w", call.Invoke, err)
		}
	}
	return r.groups, nil
}

func (r *reading) add(i int) error {
	call := r.calls[i]
	if call.F != transaction.F {
		return fmt.Errorf("%s is no transaction", call.F)
	}
	ops, err := transaction.Of(call)
	switch {
	case err != nil:
		return err
	case call.Type == history.Fail:
		return nil
	case !transaction.ReadOnly(ops):
		return r.addWrites(i, ops)
	case call.Type == history.OK && len(ops) > 1:
		return r.addReads(i, ops)
	}
	return nil
}

func (r *reading) addWrites(i int, ops []transaction.Op) error {
	for _, op := range ops {
		if op.Kind == transaction.Read {
			continue
		}
		if other, written := r.writers[op.Key]; written {
			return fmt.Errorf("it writes %s, as op %d does", op.Key, r.calls[other].Invoke)
		}
		r.writers[op.Key] = i
	}
	return nil
}

func (r *reading) addReads(i int, ops []transaction.Op) error {
	keys, found, err := seen(ops)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%q", keys)
	g, known := r.byKeys[name]
	if !known {
		g = &group{keys: keys, first: map[uint64]int{}}
		r.byKeys[name] = g
		r.groups = append(r.groups, g)
	}
	g.add(i, found)
	return nil
}

// seen are the keys that were read, in order, and which of them were found.
func seen(ops []transaction.Op) (keys []string, found uint64, err error) {
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b transaction.Op) int { return strings.Compare(a.Key, b.Key) })
	ops = slices.CompactFunc(ops, func(a, b transaction.Op) bool { return a.Key == b.Key })
	if len(ops) > mostKeys {
		return nil, 0, fmt.Errorf("it reads %d keys, more than the %d that are compared", len(ops), mostKeys)
	}
	for i, op := range ops {
		keys = append(keys, op.Key)
		if op.Found {
			found |= 1 << i
		}
	}
	return keys, found, nil
}

func (g *group) add(call int, found uint64) {
	g.reads++
	if _, known := g.first[found]; !known {
		g.first[found] = call
	}
}

// forks are pairs of reads that found what the other one did not. Sets of keys, the
// smaller ones first, are all comparable if each is in the next.
func (g *group) forks(tell func(a, b uint64)) {
	var sets []uint64
	for found := range g.first {
		sets = append(sets, found)
	}
	slices.SortFunc(sets, func(a, b uint64) int {
		return cmp.Or(bits.OnesCount64(a)-bits.OnesCount64(b), cmp.Compare(g.first[a], g.first[b]))
	})
	for i := 1; i < len(sets); i++ {
		if a, b := sets[i-1], sets[i]; a&^b != 0 {
			tell(a, b)
		}
	}
}

func conclude(v checkers.Verdict, calls []history.Call, groups []*group) checkers.Verdict {
	reads, compared, forks, found := 0, 0, 0, false
	for _, g := range groups {
		reads += g.reads
		for seen := range g.first {
			found = found || seen != 0
		}
		if g.reads > 1 {
			compared++
		}
		g.forks(func(a, b uint64) {
			if forks++; forks <= mostFindings {
				v.Findings = append(v.Findings, g.tell(calls, a, b))
			}
		})
	}
	v.Stats = []checkers.Stat{
		{Name: "groups of keys", Value: checkers.Number(len(groups))},
		{Name: "reads of them", Value: checkers.Number(reads)},
		{Name: "long forks", Value: checkers.Number(forks)},
	}
	switch {
	case forks > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s saw two writes in another order than another read (of %s)",
			checkers.Count(forks, "read"), checkers.Count(reads, "read"))
	case compared == 0:
		v.Reason = "no keys were read together more than once: there is nothing to compare"
	case !found:
		v.Reason = "no read found anything: there is nothing to compare"
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s of %s all saw their writes in one order", checkers.Count(reads, "read"), checkers.Count(len(groups), "group"))
	}
	return v
}

// tell explains a fork by one key that each of two reads found alone.
func (g *group) tell(calls []history.Call, a, b uint64) checkers.Finding {
	x, y := g.keys[bits.TrailingZeros64(a&^b)], g.keys[bits.TrailingZeros64(b&^a)]
	one, other := calls[g.first[a]], calls[g.first[b]]
	if one.Invoke > other.Invoke {
		one, other, x, y = other, one, y, x
	}
	at := []int{one.Invoke, other.Invoke}
	return checkers.Finding{
		Anomaly: LongFork, Key: x, Culprits: at, Context: slices.Clone(at),
		Text: fmt.Sprintf("%s saw the write of %s (%s) and not that of %s; %s saw that of %s and not that of %s (%s). Whichever was first, one of the two is wrong.",
			capital(checkers.Who(one)), x, checkers.When(one), y, checkers.Who(other), y, x, checkers.When(other)),
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
