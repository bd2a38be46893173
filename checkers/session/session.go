// Package session decides from the operations on registers whether each client
// session saw its own past: whether it read its own writes, never went back in
// what it read, and whether its writes came after those that it had made or read
// before (Terry and others, Session Guarantees for Weakly Consistent Replicated
// Data, 1994). It says so for each key by itself, and, as causal consistency, for
// all keys together; of the times of other sessions it says nothing.
//
// A register that is replicated has versions: the initial one, which is found as
// null, and one for each write or compare-and-set that happened. The system
// orders them, newest last, and a read finds the newest one that has reached the
// replica it asks. Nobody sees that order. What is known of it is this: the
// initial version is the oldest, and a version that a compare-and-set left is
// newer than the one it replaced. Write v ≤ w if v is w, or older. Then a
// guarantee demands of any two operations of one session on one key, the first
// acknowledged before the second was invoked:
//
//   - read your writes: if the first wrote v and the second read w, then v ≤ w;
//   - monotonic reads: if the first read v and the second read w, then v ≤ w;
//   - monotonic writes: if the first wrote v and the second wrote w, then v ≤ w;
//   - writes follow reads: if the first read v and the second wrote w, then v ≤ w.
//
// A compare-and-set that succeeded reads and then writes; a refused one tells
// which version it did not find, and is not judged. A read counts if it was
// answered. A write counts as the first if it was acknowledged, and as the second
// if it happened at all.
//
// A guarantee is violated if no order of the versions that agrees with what is
// known meets its demands, which is so if and only if they form a cycle: so the
// judgement is exact, and takes time that is proportional to the history. It needs
// to know which write a read found. Where a value was written to a key twice and
// read, what follows from the other reads still stands, but no guarantee is said
// to be kept.
//
// Guarantees that can each have been kept for itself may contradict each other,
// for all speak of one order of the versions: that is judged as well. It is where
// the latter two show themselves. Who writes sees no version, so that by itself an
// order can always be thought of that suits the writers; but not one that also
// suits those who read.
package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/harness/history"
)

// Guarantee is one of the four.
type Guarantee uint8

const (
	ReadYourWrites Guarantee = iota
	MonotonicReads
	MonotonicWrites
	WritesFollowReads
	guarantees
)

// String is its name for people.
func (g Guarantee) String() string {
	switch g {
	case ReadYourWrites:
		return "read your writes"
	case MonotonicReads:
		return "monotonic reads"
	case MonotonicWrites:
		return "monotonic writes"
	case WritesFollowReads:
		return "writes follow reads"
	}
	return fmt.Sprintf("guarantee %d", uint8(g))
}

// anomaly is the name that findings of its violation bear.
func (g Guarantee) anomaly() string {
	return "not-" + strings.ReplaceAll(g.String(), " ", "-")
}

// The anomalies that are not about one guarantee, by the names that findings bear.
const (
	// SessionOrder: guarantees contradict each other.
	SessionOrder = "session-order"
	// CircularVersions: compare-and-sets replaced each other's values in a circle.
	CircularVersions = "circular-versions"
)

// The names of parts of a verdict that are not about one guarantee.
const (
	// Together is about all that are demanded.
	Together = "all session guarantees together"
	// Written is there if something was found that nobody had written.
	Written = "reads of what was written"
)

// Options say what a session is, and what it may rely on.
type Options struct {
	// Clients, if above 0, makes a session of all processes that are equal modulo
	// Clients: those of one client, which goes on under a new number after an
	// operation of unknown outcome. Otherwise a session is a process and ends
	// there.
	Clients int
	// Only are the guarantees that New demands; none is all four.
	Only []Guarantee
}

// New is a checker of the guarantees on registers, as trace.Parse reads them. Its
// verdict has a part for each guarantee that is demanded, by its name, and one for all
// of them Together.
func New(o Options) checkers.Checker { return checker{o} }

type checker struct{ Options }

func (checker) Name() string { return "session guarantees" }
func (checker) About() string {
	return "each session reads its own writes, never reads older versions than before, and writes after what it wrote and read"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	t, err := trace.Parse(h, c.Clients)
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	return judge(t, c.Only), nil
}

// Judge is the verdict of the checker of all four on what was parsed already.
func Judge(t *trace.Trace) checkers.Verdict { return judge(t, nil) }

func judge(t *trace.Trace, only []Guarantee) checkers.Verdict {
	a := account{trace: t, asked: only}
	if len(only) == 0 {
		a.asked = []Guarantee{ReadYourWrites, MonotonicReads, MonotonicWrites, WritesFollowReads}
	}
	for _, key := range a.suspects() {
		a.inspect(key)
	}
	return a.conclude()
}
