// Package log decides from the sends and polls of a history whether a partitioned
// log, such as Kafka's, kept its records: none lost, none twice, made up or moved,
// and each consumer led past all of them in order. What it finds is certain,
// whatever the operations of unknown outcome did.
//
// It does not judge transactions, and not how far consumers lagged behind: that it
// only measures. The kinds of faults are those of Jepsen's kafka workload
// (jepsen.tests.kafka), and bear its names where it has some.
package log

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Lost: an acknowledged record that nobody ever polled, although consumers went
	// past it or reached the end.
	Lost = "lost"
	// Duplicated: a value at more offsets than it was sent times.
	Duplicated = "duplicated"
	// InconsistentOffsets: an offset with two values.
	InconsistentOffsets = "inconsistent-offsets"
	// Phantom: a record polled that nobody had sent.
	Phantom = "phantom"
	// AbortedRead: a record polled that was sent in vain only. The name is Adya's
	// (G1a) for a read of what was never committed.
	AbortedRead = "aborted-read"
	// Reordered: a record below one that the same producer had sent before it.
	Reordered = "reordered"
	// PollSkip and InternalPollSkip: a consumer was led past a record that others
	// polled, from one poll to the next or within one.
	PollSkip         = "poll-skip"
	InternalPollSkip = "int-poll-skip"
	// NonmonotonicPoll and InternalNonmonotonicPoll: a consumer was led back, from
	// one poll to the next or within one.
	NonmonotonicPoll         = "nonmonotonic-poll"
	InternalNonmonotonicPoll = "int-nonmonotonic-poll"
	// RedeliveredAfterCommit: a subscriber was given a record that its group had
	// committed before it subscribed.
	RedeliveredAfterCommit = "redelivered-after-commit"
)

// Option changes what is demanded of a log.
type Option func(*checker)

// Unordered leaves the order of a producer's records out of account.
func Unordered() Option { return func(c *checker) { c.unordered = true } }

// New is a checker of logs. A partition is named by the key of an operation, by
// the empty one if there is only one; values are integers, each sent once to its
// partition. Operations are
//
//   - send: of an integer. Ok with [offset value]; or with the value or null if the
//     log does not tell the offset.
//   - poll: Ok with the records, [[offset value] ...], as they came; or, of several
//     partitions at once and without a key, with [[partition records] ...], where
//     a partition is a string or an integer. Null is the empty list.
//   - assign, subscribe: the process begins anew as a consumer, of the listed
//     partitions if there is a list. Nothing is known of where it begins. A
//     subscriber shares its partitions with others, all in one group, and may lose
//     them and get them back between two polls.
//   - seek: the process goes on in this partition, at the offset that is given, but
//     maybe below if the log did not reach so far; or, if it is no integer, wherever
//     it likes.
//   - commit: of all that this process has polled since it began, up to the record
//     that came last of each partition; or, if an integer is given, of what is below
//     it and there in this partition; or of [[partition offset] ...].
//
// A Fail had no effect. An Info send may be in the log or not, an Info poll tells
// nothing, and an Info commit may have its effect at any later time. A process that
// did neither assign nor subscribe is a consumer of its own which begins wherever it
// likes. The final polls of those that did not subscribe read, together, each
// partition from its beginning to its end; one without records says that the
// process has reached the end of the partition, or, if it has no key, of all that it
// reads.
//
// What breaks a promise, whatever the profile, is an offset with two values; a
// record polled that was never sent, or only in vain, or not yet; a poll in which
// offsets do not rise; and, unless the checker is Unordered, a record below one
// that its producer had sent before and that was acknowledged. Where duplicates are
// allowed a copy that nobody saw may be below, so that this is judged only as far as
// final polls went.
//
// If the profile forbids loss, these break it too:
//
//   - lost. A send was acknowledged, and nobody ever polled its value or its offset,
//     but a final poll has a higher offset, or one without records was invoked after
//     the acknowledgement, or some consumer was led past it.
//   - poll-skip and int-poll-skip. A consumer polled a record below and one above
//     what others polled, and nothing between. From one poll to the next this is
//     judged only of those that did not subscribe.
//
// Acknowledged records that nobody polled, and that are not lost, make the verdict
// Unknown then. If the profile forbids duplicates, these break it:
//
//   - duplicated. A value is known at more offsets than it was sent times.
//   - nonmonotonic-poll. A process that did not subscribe polled an offset that is not
//     above the one that it polled before.
//   - redelivered-after-commit. A subscriber that did not seek polled a record below
//     all that can have been its group's committed offset since it subscribed: a
//     commit counts unless one that was invoked after it was done, was itself done
//     before that.
func New(p delivery.Profile, options ...Option) checkers.Checker {
	c := &checker{profile: p}
	for _, option := range options {
		option(c)
	}
	return *c
}

type checker struct {
	profile   delivery.Profile
	unordered bool
}

func (c checker) Name() string { return c.profile.String() + " log" }

func (c checker) About() string {
	return "no record is lost, twice, made up, moved or skipped, as far as the profile forbids it"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	l, err := parse(h.Calls())
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	a := &account{checker: c, count: map[string]int{}, findings: map[string][]checkers.Finding{}}
	a.consume(l)
	for i := range l.partitions {
		a.addPartition(l, &l.partitions[i])
	}
	a.findReordered(l)
	return a.conclude(), nil
}
