// Package staleness measures how far behind the reads of registers were: for each
// read, the least time and the least number of writes by which what it found can
// have been out of date, whatever the true order of the writes was. They are
// numbers and no verdict, unless a bound is asked for.
//
// A write takes effect at one moment, after its invocation, before it was
// acknowledged, and before anybody who found its value was answered. The last of
// these moments is when it was certainly there. So a value was certainly overwritten
// by a write that was invoked after the value was certainly there, at the time when
// that write was certainly there itself. For a read,
//
//   - its age is the time from the first moment at which its value was certainly
//     overwritten until the read was invoked (the Δ of Δ-atomicity: Golab, Li and
//     Shah, Analyzing Consistency Properties for Fun and Profit, 2011);
//   - its versions are the writes that were invoked after its value was certainly
//     there, and were certainly there themselves before the read was invoked (one
//     less than the k of k-atomicity, of the same paper).
//
// Both are 0 for a read that was up to date. They are exact for each read by
// itself: some moments of the writes make it no older than that. All reads
// together may have been worse. Where several writes may have left what was found,
// the one counts that makes the read the youngest.
//
// A compare-and-set that succeeded is a read and a write; that both happen at one
// moment is not asked for here, and one that was refused tells nothing. Writes
// that nobody acknowledged or found are left out: they may never have happened.
package staleness

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// StaleRead: a read was out of date. It is a violation if it was more so than
	// a bound allows.
	StaleRead = "stale-read"
	// StaleTogether: reads contradict each other, although each can have been
	// within the bound by itself.
	StaleTogether = "stale-together"
)

// Options are bounds; without any nothing is judged.
type Options struct {
	// MaxAge is by how much a read may be out of date, if above 0.
	MaxAge time.Duration
	// MaxVersions is by how many writes a read may be behind, if above 0.
	MaxVersions int
}

// New is a checker of registers, as trace.Parse reads them. Its verdict is Unknown
// if no bound is asked for; the figures are in its Stats, and the stalest reads
// are its findings. If one is, it is Valid only where some order of all writes
// keeps every read within it.
func New(o Options) checkers.Checker { return checker{o} }

type checker struct{ Options }

func (checker) Name() string { return "staleness" }
func (checker) About() string {
	return "how far behind reads were, at least: for how long what they found had been overwritten, and how often"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	t, err := trace.Parse(h, 0)
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	return Measure(h, t).Judge(h, t, c.Options), nil
}
