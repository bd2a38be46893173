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

// turnedAway goes by the source of nats-server 2.10.24 and 2.15.2. Most errors of
// JetStream arise before a message is proposed as well as when it is applied, where
// other servers may have stored what this one could not (no space, insufficient
// resources, a store that failed), so that they prove nothing.
func turnedAway(err error) bool {
	return nobodyListens(err) || overtaken(err) || notLeading(err)
}

// nobodyListens: the client's server, which answers this itself, passed the message to
// nobody, neither to its own JetStream nor to another server (processInboundClientMsg
// in client.go).
func nobodyListens(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// overtaken: the leader found that the key's last change is not the one expected, or
// that another change is on its way, before it proposed, or when it applied what was
// committed; every other server comes to the same result then, and stores nothing
// (processClusteredInboundMsg and processJetStreamMsg).
func overtaken(err error) bool {
	switch code(err) {
	case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return true
	}
	return false
}

// notLeading: the server's Raft did not take the proposal (errNotLeader of Propose in
// raft.go). The answer has no code of its own.
func notLeading(err error) bool {
	var answer *jetstream.APIError
	return errors.As(err, &answer) && answer.ErrorCode == 0 && answer.Description == "raft: not leader"
}

// code is that of an answer of JetStream, otherwise 0.
func code(err error) jetstream.ErrorCode {
	var answer *jetstream.APIError
	if !errors.As(err, &answer) {
		return 0
	}
	return answer.ErrorCode
}
