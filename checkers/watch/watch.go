// Package watch decides whether watchers of a map were told of every change of it
// exactly once and in order. What it finds is certain, whatever the operations of
// unknown outcome did: a change happened if it was acknowledged, or if any watcher
// was told of it.
//
// It does not judge whether the map itself is linearizable, and not how soon watchers
// were told: how far behind they were at the end is no violation, but proves nothing
// either.
package watch

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Missed: a watcher was told of everything between two versions, as the system
	// said, but not of a change that happened there.
	Missed = "missed"
	// Inconsistent: one version of a key is told to be two changes.
	Inconsistent = "inconsistent"
	// Phantom: a watcher was told of a change that nobody had made by then.
	Phantom = "phantom"
	// AbortedRead: a watcher was told of a change that was made in vain only. The name
	// is Adya's (G1a) for a read of what was never committed.
	AbortedRead = "aborted-read"
	// Duplicated: a watcher was told of a change twice, or of one at more versions than
	// it was made times.
	Duplicated = "duplicated"
	// OutOfOrder: a watcher was told of a change after a later one.
	OutOfOrder = "out-of-order"
)

// New is a checker of maps with versions, which are comparable over all keys that are
// watched together. Operations are
//
//   - put: of an integer to the key; Ok with the version, above 0, that it has got;
//   - delete: of the key; Ok with the version that the deletion has got, or null if
//     there was nothing to delete;
//   - watch: the changes of all keys that begin with the operation's key, after the
//     version that is its argument; Ok with [version changes]: the version up to which
//     these are all changes, and the changes as they came, each [key value version],
//     or [key null version] for a deletion.
//
// A Fail had no effect, and an Info put or delete may have had one at any later time,
// or never; an Info watch tells nothing. Several keys may change at one version.
//
// So a watch that was answered has each change that happened after its argument, up
// to the version of its answer, once and in the order of versions, and no other one.
// Whoever watches on from that version misses nothing and is told nothing twice.
//
// Final watches have to come up to the last change that was acknowledged, at each
// node that was asked; where they do not, the verdict is Unknown.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "watch" }
func (checker) About() string {
	return "watchers are told of every change once and in order, and of no other"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	l, err := parse(h.Calls())
	if err != nil {
		v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
		return v, nil
	}
	a := account{ledger: l, count: map[string]int{}, findings: map[string][]checkers.Finding{}}
	a.judge()
	return a.conclude(v), nil
}
