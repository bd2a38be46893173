package cluster

import (
	"context"
	"errors"
)

// Direct is implemented by nodes that clients reach without a network of the
// machine, because they are simulated.
type Direct interface {
	Connect() Connection
}

// Connection leads to one node. It is used by one client at a time, for one
// request after another.
type Connection interface {
	// Number is another one for each connection to the cluster.
	Number() int
	// Request hands a request to the node and waits for the answer. An error leaves
	// open what became of the request, unless it is ErrUnsent.
	Request(ctx context.Context, body []byte) ([]byte, error)
	Close() error
}

// ErrUnsent is wrapped by errors of requests that never left the client.
var ErrUnsent = errors.New("no connection to the node")

type clientKey struct{}

// WithClient notes in a context which of a run's clients acts.
func WithClient(ctx context.Context, client int) context.Context {
	return context.WithValue(ctx, clientKey{}, client)
}

// ClientOf is the client that acts, if it is one of the run's.
func ClientOf(ctx context.Context) (client int, ok bool) {
	client, ok = ctx.Value(clientKey{}).(int)
	return client, ok
}
