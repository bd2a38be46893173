// Package weak decides the levels at which it is the reads alone that say which of
// two writers of a key comes first: monotonic atomic view, read atomic and causal.
// The answers are exact.
//
// A history keeps such a level if its transactions have an order, the commit order,
// that agrees with who read from whom, and in which of any two writers of a key the
// one that a reader did not read, though it could see it, comes before the one that
// it read (Biswas and Enea, On the Complexity of Checking Transactional Consistency,
// 2019). What a reader sees depends on the level, but not on the order: so all these
// demands are collected, and an order exists if and only if they are free of cycles.
// How few of them suffice is from Møldrup and Pavlogiannis, AWDIT: An Optimal Weak
// Database Isolation Tester, 2025: for a history of size n with k sessions, they are
// found in O(n^1.5), O(n^1.5) and O(n·k·log n).
//
// What those papers call read committed is monotonic atomic view here, as they ask
// that reads of one transaction do not go back behind another one that it has seen,
// which neither Adya nor the standard does. They also have every order agree with the
// sessions: here only causal does.
package weak

import "github.com/assaykit/assay/checkers/rwregister/internal/registers"

// Demand is that one transaction comes before another one: both wrote a key, and a
// reader that could see the former read it from the latter.
type Demand struct {
	Before, After int32
	Reader, Key   int32
	// Seen is a key that the reader read from Before, which is how it sees it; -1 if
	// that is by the order of sessions, or through other transactions.
	Seen int32
}

// Judge finds demands. It is for one history, and not safe for concurrent use.
type Judge struct {
	h       *registers.History
	demands []Demand
	// stamp and at are notes on keys, which count if the stamp is that of now.
	stamp, at []int32
	seen      []int32 // a stamp of each transaction
	now       int32
}

// New is the judge of a history.
func New(h *registers.History) *Judge {
	return &Judge{h: h, stamp: make([]int32, h.Keys), at: make([]int32, h.Keys), seen: make([]int32, len(h.Txns))}
}

func (j *Judge) demand(d Demand) {
	if d.Before != d.After && d.Before != registers.Initial {
		j.demands = append(j.demands, d)
	}
}

// MonotonicAtomicView are the demands of that level: a reader sees whom it has read
// from before.
func (j *Judge) MonotonicAtomicView() []Demand {
	j.demands = nil
	for t := range j.h.Txns {
		j.now++
		reads := j.h.Txns[t].Reads
		// From the last read to the first: notes have the next read of each key. Of
		// further ones nothing needs to be said, as each is after the one before it.
		for n := len(reads) - 1; n >= 0; n-- {
			r := reads[n]
			if j.stamp[r.Key] == j.now {
				later := reads[j.at[r.Key]]
				j.demand(Demand{r.From, later.From, int32(t), r.Key, r.Key})
			}
			if r.From != registers.Initial && !readBefore(reads[:n], r.From) {
				j.vanishing(int32(t), r)
			}
			j.stamp[r.Key], j.at[r.Key] = j.now, int32(n)
		}
	}
	return j.demands
}

// readBefore says whether one of some reads is from a transaction. Transactions are
// short: looking is faster than remembering, but for long ones.
func readBefore(reads []registers.Read, from int32) bool {
	for _, r := range reads {
		if r.From == from {
			return true
		}
	}
	return false
}

// vanishing is about what a reader has seen by a read, and what the later ones, which
// have been noted, read instead.
func (j *Judge) vanishing(reader int32, r registers.Read) {
	reads, writer := j.h.Txns[reader].Reads, &j.h.Txns[r.From]
	if len(writer.Writes) <= len(reads) {
		for _, key := range writer.Writes {
			if j.stamp[key] == j.now {
				j.demand(Demand{r.From, reads[j.at[key]].From, reader, key, r.Key})
			}
		}
		return
	}
	for n, later := range reads {
		if j.stamp[later.Key] == j.now && int(j.at[later.Key]) == n && writer.Wrote(later.Key) {
			j.demand(Demand{r.From, later.From, reader, later.Key, r.Key})
		}
	}
}

// Unrepeatable are two reads of a transaction.
type Unrepeatable struct{ Reader, First, Second int32 }

// ReadAtomic are the demands of that level: a reader sees whom it reads from at any
// time. It returns reads of one key from two transactions too, if there are any; then
// the level is not kept, as both writers would have to come before the other.
func (j *Judge) ReadAtomic() (demands []Demand, unrepeatable []Unrepeatable) {
	j.demands = nil
	for t := range j.h.Txns {
		j.now++
		reads := j.h.Txns[t].Reads
		agree := true
		for n, r := range reads {
			switch {
			case j.stamp[r.Key] != j.now:
				j.stamp[r.Key], j.at[r.Key] = j.now, int32(n)
			case reads[j.at[r.Key]].From != r.From && agree:
				agree = false
				unrepeatable = append(unrepeatable, Unrepeatable{int32(t), j.at[r.Key], int32(n)})
			}
		}
		for _, r := range reads {
			if r.From != registers.Initial && j.seen[r.From] != j.now {
				j.seen[r.From] = j.now
				j.vanishing(int32(t), r)
			}
		}
	}
	return j.demands, unrepeatable
}
