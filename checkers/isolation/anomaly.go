package isolation

import (
	"cmp"
	"slices"
)

// Anomaly is the name of something that no history of some level has.
type Anomaly string

// The anomalies, the gravest first. Those that end in -session or -realtime are
// cycles only together with the order of sessions, or of real time: who completed
// before another one was invoked.
const (
	// ThinAirRead: a value was read that nobody had written.
	ThinAirRead Anomaly = "thin-air-read"
	// FutureRead: a transaction read what it wrote only later itself.
	FutureRead Anomaly = "future-read"
	// MissingOwnWrite: a transaction did not read what it had written itself.
	MissingOwnWrite Anomaly = "missing-own-write"
	// DuplicateElements: one element was there twice.
	DuplicateElements Anomaly = "duplicate-elements"
	// CyclicVersions: a version of an object would have to be older than itself.
	CyclicVersions Anomaly = "cyclic-versions"
	// G0: a cycle of transactions each of which overwrote the one before.
	G0 Anomaly = "G0"
	// G1a: an aborted write was read.
	G1a Anomaly = "G1a"
	// DirtyUpdate: an aborted write was built upon.
	DirtyUpdate Anomaly = "dirty-update"
	// IncompatibleOrder: of two reads of an object neither can be older.
	IncompatibleOrder Anomaly = "incompatible-order"
	// G1b: a transaction's intermediate write was read.
	G1b Anomaly = "G1b"
	// G1c: a cycle of transactions each of which overwrote or read the one before.
	G1c Anomaly = "G1c"
	// LostUpdate: between what a transaction read and what it wrote to the same
	// object came another one's write.
	LostUpdate Anomaly = "lost-update"
	// ObservedTransactionVanishes: a transaction saw another one, and later did not.
	ObservedTransactionVanishes Anomaly = "observed-transaction-vanishes"
	// Internal: a transaction's reads of an object disagree with each other.
	Internal Anomaly = "internal"
	// FracturedRead: a transaction saw some of another one, but not all.
	FracturedRead Anomaly = "fractured-read"
	// NonCausalRead: a transaction missed what it could know of.
	NonCausalRead Anomaly = "non-causal-read"
	// GSingle: a cycle in which exactly one transaction missed a write of the next.
	GSingle Anomaly = "G-single"
	// NonPrefixRead: transactions' snapshots are no prefixes of one order.
	NonPrefixRead Anomaly = "non-prefix-read"
	// GNonadjacent: a cycle in which no two that follow each other missed the next.
	GNonadjacent Anomaly = "G-nonadjacent"
	// G2Item: a cycle in which some transactions missed writes of the next.
	G2Item Anomaly = "G2-item"

	G0Session           Anomaly = "G0-session"
	G1cSession          Anomaly = "G1c-session"
	GSingleSession      Anomaly = "G-single-session"
	GNonadjacentSession Anomaly = "G-nonadjacent-session"
	G2ItemSession       Anomaly = "G2-item-session"

	G0Realtime           Anomaly = "G0-realtime"
	G1cRealtime          Anomaly = "G1c-realtime"
	GSingleRealtime      Anomaly = "G-single-realtime"
	GNonadjacentRealtime Anomaly = "G-nonadjacent-realtime"
	G2ItemRealtime       Anomaly = "G2-item-realtime"
)

// phenomenon is what is known of an anomaly.
type phenomenon struct {
	name Anomaly
	// contradicts are the weakest levels that never have it.
	contradicts []Level
	about       string
}

// phenomena are all anomalies, the gravest first.
var phenomena = []phenomenon{
	{ThinAirRead, []Level{ReadUncommitted}, "A transaction read a value that nobody had written."},
	{FutureRead, []Level{ReadUncommitted}, "A transaction read what it wrote only later itself."},
	{MissingOwnWrite, []Level{ReadUncommitted}, "A transaction did not read what it had written itself just before."},
	{DuplicateElements, []Level{ReadUncommitted}, "A read has one element twice: one write took effect twice."},
	{CyclicVersions, []Level{ReadUncommitted}, "What was read of an object leaves no order of its versions."},
	{G0, []Level{ReadUncommitted}, "Dirty write: transactions' writes interleave, so that each would have to come before the other."},
	{G1a, []Level{ReadCommitted}, "Aborted read: a transaction read what another one wrote that was aborted."},
	{DirtyUpdate, []Level{ReadCommitted}, "A committed version was built upon one that was aborted."},
	{IncompatibleOrder, []Level{ReadCommitted}, "Two reads of an object contradict each other: neither is the beginning of the other, so one of them was of no committed version."},
	{G1b, []Level{ReadCommitted}, "Intermediate read: a transaction read what another one wrote before it was done writing."},
	{G1c, []Level{ReadCommitted}, "Circular information flow: transactions read from or overwrote each other in a circle."},
	{LostUpdate, []Level{CursorStability}, "A transaction wrote an object on the grounds of a version that was no longer the last."},
	{ObservedTransactionVanishes, []Level{MonotonicAtomicView}, "A transaction saw one write of another one and later missed another."},
	{Internal, []Level{ReadAtomic}, "A transaction's reads of one object disagree with each other."},
	{FracturedRead, []Level{ReadAtomic}, "A transaction saw one write of another one but not another."},
	{NonCausalRead, []Level{Causal}, "A transaction missed a write that what it saw, or its session, depended on."},
	{GSingle, []Level{ConsistentView, RepeatableRead}, "Read skew: a transaction missed a write that it depended on."},
	{NonPrefixRead, []Level{Prefix}, "Transactions saw states that are no prefixes of one order of all transactions."},
	{GNonadjacent, []Level{SnapshotIsolation, RepeatableRead}, "Snapshots contradict each other, as in a long fork: one transaction saw what another one missed, and the other way round."},
	{G2Item, []Level{RepeatableRead}, "Write skew: transactions missed each other's writes, so that each would have to come before the other."},
	{G0Session, []Level{StrongSessionReadUncommitted, Causal}, "Writes took effect in an order that contradicts the order of a session."},
	{G1cSession, []Level{StrongSessionReadCommitted, Causal}, "Information flowed in an order that contradicts the order of a session."},
	{GSingleSession, []Level{StrongSessionConsistentView}, "A transaction missed a write that it or its session depended on."},
	{GNonadjacentSession, []Level{StrongSessionSnapshotIsolation}, "Snapshots contradict each other and the order of a session."},
	{G2ItemSession, []Level{StrongSessionSerializable}, "Transactions missed writes in a way that contradicts the order of a session."},
	{G0Realtime, []Level{StrongReadUncommitted}, "Writes took effect in an order that contradicts real time."},
	{G1cRealtime, []Level{StrongReadCommitted}, "Information flowed in an order that contradicts real time: it came from the future."},
	{GSingleRealtime, []Level{StrongConsistentView}, "Stale read: a transaction missed a write that had been done before it began, or that it depended on."},
	{GNonadjacentRealtime, []Level{StrongSnapshotIsolation}, "Snapshots contradict each other and real time."},
	{G2ItemRealtime, []Level{StrictSerializable}, "Transactions missed writes in a way that contradicts real time."},
}

// Anomalies are all of them, the gravest first.
func Anomalies() []Anomaly {
	all := make([]Anomaly, len(phenomena))
	for i, p := range phenomena {
		all[i] = p.name
	}
	return all
}

func (a Anomaly) find() *phenomenon {
	at := slices.IndexFunc(phenomena, func(p phenomenon) bool { return p.name == a })
	if at < 0 {
		panic("no anomaly is called " + string(a)) // they are constants of this package
	}
	return &phenomena[at]
}

// Contradicts are the weakest levels that never have the anomaly.
func (a Anomaly) Contradicts() []Level { return slices.Clone(a.find().contradicts) }

// About is what the anomaly is, in one sentence.
func (a Anomaly) About() string { return a.find().about }

// RulesOut says that no history of the level has the anomaly.
func (a Anomaly) RulesOut(l Level) bool {
	return slices.ContainsFunc(a.find().contradicts, l.Implies)
}

// gravity orders anomalies, the gravest first.
func gravity(a, b Anomaly) int {
	place := func(a Anomaly) int {
		return slices.IndexFunc(phenomena, func(p phenomenon) bool { return p.name == a })
	}
	return cmp.Compare(place(a), place(b))
}

// Lattice is what anomalies leave of the levels.
type Lattice struct {
	// RuledOut are the levels that the history does not keep.
	RuledOut []Level
	// Weakest are the weakest of these: whatever is stronger is ruled out too.
	Weakest []Level
	// Possible are the strongest levels that are not ruled out.
	Possible []Level
}

// Judge says what the anomalies of a history rule out.
func Judge(found []Anomaly) Lattice {
	var l Lattice
	var left []Level
	for _, level := range All() {
		if slices.ContainsFunc(found, func(a Anomaly) bool { return a.RulesOut(level) }) {
			l.RuledOut = append(l.RuledOut, level)
		} else {
			left = append(left, level)
		}
	}
	l.Weakest, l.Possible = weakest(l.RuledOut), strongest(left)
	return l
}
