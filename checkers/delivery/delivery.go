// Package delivery decides from the sends and receives of a history whether
// messages were lost, duplicated, made up, or received out of order. What it
// finds is certain, whatever the operations of unknown outcome did: a message is
// called lost only if no such receive can have taken it.
//
// It does not judge whether a queue that was called empty in the middle of a run
// was empty; it only counts such answers.
package delivery

import (
	"context"
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Lost: an acknowledged message that nobody received, although the queue was
	// drained.
	Lost = "lost"
	// Duplicated: a message received more often than it was sent.
	Duplicated = "duplicated"
	// RedeliveredAfterAck: a message received by somebody who began after a
	// consumer's acknowledgement of it was done.
	RedeliveredAfterAck = "redelivered-after-ack"
	// Phantom: a message received that nobody had sent.
	Phantom = "phantom"
	// AbortedRead: a message received that was sent in vain only. The name is Adya's
	// (G1a) for a read of what was never committed.
	AbortedRead = "aborted-read"
	// Reordered: a message received after one that was sent later.
	Reordered = "reordered"
)

// anomalies are those in the delivery of messages, in the order in which they are
// told.
var anomalies = [...]string{Phantom, AbortedRead, Lost, Duplicated, RedeliveredAfterAck}

// Option changes what is demanded of a queue.
type Option func(*checker)

// Unordered leaves the order of messages out of account, for queues that do not
// promise it.
func Unordered() Option { return func(c *checker) { c.order = unordered } }

// PerProducer demands order only among the messages of one producer, a process
// that sends.
func PerProducer() Option { return func(c *checker) { c.order = perProducer } }

// PerConsumer demands order only among the messages of one producer at one
// consumer, a process that receives, and only of messages that were received once.
// This is what AMQP promises (AMQP 0-9-1 specification, section 4.7).
func PerConsumer() Option { return func(c *checker) { c.order = perConsumer } }

// New is a checker of queues, one for each key, whose messages are integers, each
// sent once to its queue. Operations are
//
//   - send: of an integer;
//   - receive: Ok with an integer, which was removed from the queue, or with null
//     if the queue was empty. Final receives are the drain.
//   - ack: of an integer, a message that this process received, and now is done
//     with. Those of other messages say nothing. A queue that takes no
//     acknowledgements has none.
//
// A Fail had no effect. An Info send may have been sent, and an Info receive may
// have removed one message that nobody saw. An Info ack says nothing.
//
// What breaks a promise is:
//
//   - lost, unless the profile is AtMostOnce. A message was acknowledged and
//     nobody received it, but later the drain found the queue empty: a final
//     receive, invoked after the acknowledgement, answered null, and nobody began
//     to receive anything old after that. Where receives of unknown outcome were
//     invoked before, each may have taken one such message, and only those beyond
//     their number are lost. Without such a drain missing messages make the
//     verdict Unknown.
//   - duplicated, unless the profile is AtLeastOnce: a message that is not yet
//     acknowledged by its consumer may come again only then.
//   - redelivered-after-ack, of a message that was sent only once.
//   - phantom. It was never sent, or received before it was sent.
//   - aborted-read. All sends before it was received certainly failed.
//   - reordered, unless the checker is Unordered. One message was acknowledged
//     before another one was sent, and yet the other was received before anybody
//     began to receive the first. With AtLeastOnce a receive of unknown outcome
//     may have been the first delivery, so that only those beyond the number of
//     these count. If loss is forbidden, a message that was overtaken so and never
//     seen at all counts too. PerProducer and PerConsumer compare fewer messages:
//     with PerConsumer and AtLeastOnce, a receive of unknown outcome before makes it
//     Unknown.
func New(p Profile, options ...Option) checkers.Checker {
	c := &checker{profile: p}
	for _, option := range options {
		option(c)
	}
	return *c
}

type checker struct {
	profile Profile
	order   order
}

func (c checker) Name() string { return c.profile.String() + " delivery" }

func (c checker) About() string {
	return "no message is lost, received twice, made up or overtaken, as far as the profile forbids it"
}

// brokenBy lists the anomalies that the profile forbids.
func (c checker) brokenBy() string {
	var names []string
	for _, anomaly := range anomalies {
		if c.profile.Forbids(anomaly) {
			names = append(names, anomaly)
		}
	}
	if c.order != unordered {
		names = append(names, Reordered)
	}
	return strings.Join(names, ", ")
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	queues, err := open(h)
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	delivered := c.judgeDelivery(queues)
	if c.order == unordered {
		delivered.Checker = c.Name()
		return delivered, nil
	}
	ordered := c.judgeOrder(queues)
	v := checkers.Merge(c.Name(), delivered, ordered)
	if v.Validity == checkers.Valid {
		v.Reason = delivered.Reason + "; " + ordered.Reason
	}
	return v, nil
}

func open(h *history.History) ([]*queue, error) {
	var queues []*queue
	for _, k := range history.ByKey(h.Calls()) {
		q, err := parse(k)
		if err != nil {
			return nil, err
		}
		queues = append(queues, q)
	}
	return queues, nil
}
