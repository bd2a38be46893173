package workloads

import (
	"context"
	"errors"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// Remembering is a workload whose clients go by what they did before: they
// acknowledge what they took, release what they hold, read on where they
// stopped. Its generator is as blind as any; what it makes are wishes, each of which
// a client's memory turns into an operation.
type Remembering interface {
	Workload
	// Remember is the memory of a client, which is numbered from 0. The prototype
	// tells what the target's clients can do.
	Remember(cfg Config, prototype cluster.Client, client int) Memory
}

// Memory is what one client knows. It is used by one goroutine at a time.
type Memory interface {
	// Next is what the client does on a wish. It may wait until it is time for it,
	// but not beyond the context.
	Next(ctx context.Context, wish history.Op) Step
	// Disconnected says that the connection was dropped.
	Disconnected()
}

// Parting is a Memory of a client that may hold something which goes with its
// connection: what it does before it hangs up for good. Nothing is false.
type Parting interface {
	Part() (Step, bool)
}

// Step is an operation of a client that remembers.
type Step struct {
	Op history.Op
	// Fresh is a step on a new connection, and Move one on the next node.
	Fresh, Move bool
	Call        Call
}

// Call executes an operation as Workload.Invoke does. It does not touch the memory,
// for it may be left behind at its deadline. If it was answered in time, note, which
// may be nil, is called in the goroutine that uses the memory.
type Call func(ctx context.Context, c cluster.Client) (v history.Value, note func(), err error)

// without executes an operation for a client that remembers nothing.
func (call Call) without(ctx context.Context, c cluster.Client) (history.Value, error) {
	v, _, err := call(ctx, c)
	return v, err
}

// plain is a call of which there is nothing to remember.
func plain(w Workload, op history.Op) Call {
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		v, err := w.Invoke(ctx, c, op)
		return v, nil, err
	}
}

// failed is a call that was never sent.
func failed(err error) Call {
	return func(context.Context, cluster.Client) (history.Value, func(), error) {
		return history.Value{}, nil, NoEffect(err)
	}
}

// local is a call of the client with itself.
func local(v history.Value, note func()) Call {
	return func(context.Context, cluster.Client) (history.Value, func(), error) { return v, note, nil }
}

// errUntaken is about an acknowledgement without a message.
var errUntaken = errors.New("this client took no such message")
