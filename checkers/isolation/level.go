// Package isolation has the isolation levels of transactions, which of them imply
// which, the anomalies that contradict them, and the verdict that follows from the
// anomalies that were found. It finds none itself: that is for the checkers of
// histories of one kind, which share its words.
//
// A line leads down from a level to those that it implies:
//
//	strict-serializable
//	 ├─ strong-snapshot-isolation
//	 │   ├─ strong-consistent-view
//	 │   │   ├─ strong-read-committed
//	 │   │   │   ├─ strong-read-uncommitted ── strong-session-read-uncommitted
//	 │   │   │   └─ strong-session-read-committed
//	 │   │   └─ strong-session-consistent-view
//	 │   └─ strong-session-snapshot-isolation
//	 └─ strong-session-serializable
//	     ├─ strong-session-snapshot-isolation
//	     │   ├─ prefix ── causal ── read-atomic
//	     │   ├─ strong-session-consistent-view
//	     │   │   ├─ causal
//	     │   │   ├─ strong-session-read-committed
//	     │   │   │   ├─ strong-session-read-uncommitted ── read-uncommitted
//	     │   │   │   └─ read-committed
//	     │   │   └─ consistent-view
//	     │   └─ snapshot-isolation
//	     └─ serializable
//	         ├─ snapshot-isolation ── parallel-snapshot-isolation ── consistent-view
//	         └─ repeatable-read
//	consistent-view and repeatable-read
//	 ├─ cursor-stability ── read-committed
//	 └─ read-atomic ── monotonic-atomic-view ── read-committed ── read-uncommitted
//
// Levels are meant as they can be observed by transactions that read and write
// single objects: nothing here is about predicates. The sources are Adya, Weak
// Consistency: A Generalized Theory, 1999, for PL-1 to PL-3, PL-CS and PL-2+;
// Bailis et al., Highly Available Transactions, 2013, for monotonic atomic view;
// Cerone, Bernardi and Gotsman, A Framework for Transactional Consistency Models
// with Atomic Visibility, 2015, for read atomic, causal, prefix and parallel
// snapshot isolation; Cerone and Gotsman, Analysing Snapshot Isolation, 2016, for
// the cycles that contradict it; Daudjee and Salem, Lazy Database Replication with
// Snapshot Isolation, 2006, for the strong and strong session variants.
//
// Causal and prefix include the order of sessions, as in all their sources. The
// other levels do only in their strong session variants, and the real-time order
// only in their strong ones. Adya's monotonic view, and levels between these ones
// that tell apart what only predicates show, are left out.
package isolation

import (
	"fmt"
	"slices"
	"strings"
)

// Level is an isolation level. Its zero value is none.
type Level uint8

// The levels, weaker ones before those that imply them.
const (
	_ Level = iota
	ReadUncommitted
	ReadCommitted
	CursorStability
	MonotonicAtomicView
	ReadAtomic
	Causal
	ConsistentView
	ParallelSnapshotIsolation
	Prefix
	SnapshotIsolation
	RepeatableRead
	Serializable
	StrongSessionReadUncommitted
	StrongSessionReadCommitted
	StrongSessionConsistentView
	StrongSessionSnapshotIsolation
	StrongSessionSerializable
	StrongReadUncommitted
	StrongReadCommitted
	StrongConsistentView
	StrongSnapshotIsolation
	StrictSerializable
	levels
)

// described is what is known of a level.
type described struct {
	name string
	// aliases are other names of it: Adya's, and those of Elle.
	aliases []string
	// implies are the strongest of the weaker levels.
	implies []Level
	about   string
}

var table = [levels]described{
	ReadUncommitted: {"read-uncommitted", []string{"pl-1"}, nil,
		"writes of two transactions never interleave"},
	ReadCommitted: {"read-committed", []string{"pl-2"}, []Level{ReadUncommitted},
		"reads find committed versions only, never intermediate ones, and information flows one way"},
	CursorStability: {"cursor-stability", []string{"pl-cs"}, []Level{ReadCommitted},
		"what a transaction reads and then writes is not written by others in between"},
	MonotonicAtomicView: {"monotonic-atomic-view", []string{"mav"}, []Level{ReadCommitted},
		"once a transaction has seen something of another one, its further reads see all of it"},
	ReadAtomic: {"read-atomic", []string{"ra"}, []Level{MonotonicAtomicView},
		"a transaction sees all of another one or nothing, and its own writes"},
	Causal: {"causal", []string{"causal-cerone", "transactional-causal-consistency"}, []Level{ReadAtomic},
		"a transaction sees everything that what it sees could know of"},
	ConsistentView: {"consistent-view", []string{"pl-2+"}, []Level{CursorStability, ReadAtomic},
		"a transaction misses nothing that it depends on"},
	ParallelSnapshotIsolation: {"parallel-snapshot-isolation", []string{"psi"}, []Level{ConsistentView},
		"snapshots that different transactions may see grow in different orders, and no lost updates"},
	Prefix: {"prefix", []string{"prefix-consistency", "consistent-prefix"}, []Level{Causal},
		"every transaction sees a prefix of one order of all, but updates may be lost"},
	SnapshotIsolation: {"snapshot-isolation", []string{"si", "pl-si", "generalized-snapshot-isolation"}, []Level{ParallelSnapshotIsolation},
		"every transaction sees a snapshot, and none writes what was written since"},
	RepeatableRead: {"repeatable-read", []string{"pl-2.99"}, []Level{CursorStability, ReadAtomic},
		"serializable, but for predicates"},
	Serializable: {"serializable", []string{"pl-3", "conflict-serializable", "ser"}, []Level{SnapshotIsolation, RepeatableRead},
		"as if transactions were executed one after another"},
	StrongSessionReadUncommitted: {"strong-session-read-uncommitted", []string{"strong-session-pl-1"}, []Level{ReadUncommitted},
		"read-uncommitted, in an order that each session agrees with"},
	StrongSessionReadCommitted: {"strong-session-read-committed", []string{"strong-session-pl-2"}, []Level{ReadCommitted, StrongSessionReadUncommitted},
		"read-committed, in an order that each session agrees with"},
	StrongSessionConsistentView: {"strong-session-consistent-view", []string{"strong-session-pl-2+"}, []Level{ConsistentView, Causal, StrongSessionReadCommitted},
		"a transaction misses nothing that it depends on or that its session did before"},
	StrongSessionSnapshotIsolation: {"strong-session-snapshot-isolation", []string{"strong-session-si", "strong-session-pl-si"}, []Level{SnapshotIsolation, Prefix, StrongSessionConsistentView},
		"snapshots that have what the session did and saw before"},
	StrongSessionSerializable: {"strong-session-serializable", []string{"session-serializable"}, []Level{Serializable, StrongSessionSnapshotIsolation},
		"serializable, in an order that each session agrees with"},
	StrongReadUncommitted: {"strong-read-uncommitted", []string{"strong-pl-1"}, []Level{StrongSessionReadUncommitted},
		"read-uncommitted, in an order that real time agrees with"},
	StrongReadCommitted: {"strong-read-committed", []string{"strong-pl-2"}, []Level{StrongSessionReadCommitted, StrongReadUncommitted},
		"read-committed, in an order that real time agrees with"},
	StrongConsistentView: {"strong-consistent-view", []string{"strong-pl-2+"}, []Level{StrongSessionConsistentView, StrongReadCommitted},
		"a transaction misses nothing that it depends on or that was done before it began"},
	StrongSnapshotIsolation: {"strong-snapshot-isolation", []string{"strong-si", "strong-pl-si"}, []Level{StrongSessionSnapshotIsolation, StrongConsistentView},
		"snapshots that have everything that was done before"},
	StrictSerializable: {"strict-serializable", []string{"strong-serializable", "pl-ss"}, []Level{StrongSessionSerializable, StrongSnapshotIsolation},
		"serializable, in an order that real time agrees with"},
}

// All are the levels, weaker ones before those that imply them.
func All() []Level {
	all := make([]Level, 0, levels-1)
	for l := ReadUncommitted; l < levels; l++ {
		all = append(all, l)
	}
	return all
}

// String is the level's name.
func (l Level) String() string {
	if l == 0 || l >= levels {
		return "no isolation level"
	}
	return table[l].name
}

// About is what the level promises, in half a sentence.
func (l Level) About() string { return table[l].about }

// ParseLevel finds the level with the name, or another name of it.
func ParseLevel(name string) (Level, error) {
	var names []string
	for _, l := range All() {
		if wanted := strings.ToLower(name); wanted == table[l].name || slices.Contains(table[l].aliases, wanted) {
			return l, nil
		}
		names = append(names, table[l].name)
	}
	return 0, fmt.Errorf("no isolation level is called %q: choose one of %s", name, strings.Join(names, ", "))
}

// Implies says that whatever keeps this level keeps the other one too; every level
// implies itself.
func (l Level) Implies(weaker Level) bool {
	return l == weaker || slices.ContainsFunc(table[l].implies, func(next Level) bool { return next.Implies(weaker) })
}

// weakest are those levels that imply no other one of them.
func weakest(ls []Level) []Level {
	return without(ls, func(l, other Level) bool { return l.Implies(other) })
}

// strongest are those that no other one of them implies.
func strongest(ls []Level) []Level {
	return without(ls, func(l, other Level) bool { return other.Implies(l) })
}

func without(ls []Level, redundant func(l, other Level) bool) []Level {
	var kept []Level
	for _, l := range ls {
		if !slices.ContainsFunc(ls, func(other Level) bool { return l != other && redundant(l, other) }) {
			kept = append(kept, l)
		}
	}
	return kept
}
