package nats

import (
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/workloads"
)

// settle wraps the error of a request by workloads.NoEffect if it proves that the
// request was turned away. Whether a request ever left is seen to before: see
// client.connect.
func settle(err error) error {
	if turnedAway(err) {
		return workloads.NoEffect(err)
	}
	return err
}

// turnedAway: the client's server, which answers this itself, passed the message to
// nobody, neither to its own JetStream nor to another server (processInboundClientMsg
// in client.go of nats-server 2.10.24 and 2.15.2).
//
// No answer of a stream's leader proves as much, not even that the last sequence is
// another one or that it does not lead: after a partition there may be two leaders for a
// second, both of which are given the message, and the answer of the wrong one may come
// first (seen with 2.12.1: "wrong last sequence", and the message was stored).
func turnedAway(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
}
