package zookeeper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/workloads"
)

const (
	// sessionTimeout is how long a session outlives the last that was heard of its
	// client. Servers give no less than two ticks.
	sessionTimeout = 4 * time.Second
	// connecting is how long an operation waits for a session.
	connecting = 500 * time.Millisecond
	// pause is the time between two looks at something.
	pause = 20 * time.Millisecond
)

// session is a connection to one server. The client's library connects again of
// itself, to the same server, and never sends a request twice.
type session struct{ remote *zk.Conn }

func open(address string) (*session, error) {
	remote, _, err := zk.Connect([]string{address}, sessionTimeout,
		zk.WithLogger(silence{}), zk.WithLogInfo(false), zk.WithDialer(dial))
	if err != nil {
		return nil, err
	}
	return &session{remote}, nil
}

// dial bounds how long a server that does not answer is waited for.
func dial(network, address string, within time.Duration) (net.Conn, error) {
	return net.DialTimeout(network, address, min(within, time.Second))
}

type silence struct{}

func (silence) Printf(string, ...any) {}

// Close ends the session, and with it all locks that it held.
func (s *session) Close() error {
	s.remote.Close()
	return nil
}

// do executes something that may change the tree, made of requests none of which but
// the last one has had an effect. The library knows no contexts: when this one ends
// first, nobody knows what became of the request, and its answer is dropped.
func do[T any](ctx context.Context, s *session, requests func(remote *zk.Conn) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	if err := s.await(ctx); err != nil {
		var none T
		return none, err
	}
	done := make(chan answer, 1)
	go func() {
		value, err := requests(s.remote)
		done <- answer{value, err}
	}()
	select {
	case a := <-done:
		return a.value, outcome(a.err)
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// await waits a while for a session. Without one nothing is sent.
func (s *session) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	for s.remote.State() != zk.StateHasSession {
		if ctx.Err() != nil {
			return workloads.NoEffect(fmt.Errorf("never sent: no session with the server (%v)", s.remote.State()))
		}
		nodes.Wait(ctx, pause)
	}
	return nil
}

// outcome wraps the one error that proves that a request was never sent: those that
// wait for a connection get it, and no others, once the server could not be reached
// (flushUnsentRequests in the library). What a server answers is dealt with where
// it is asked.
func outcome(err error) error {
	if errors.Is(err, zk.ErrNoServer) {
		return workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	}
	return err
}

// Dial implements cluster.Target. It connects lazily.
func (Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	s, err := open(node.Addr(clientPort))
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", node.Name(), err)
	}
	return &client{session: s, address: node.Addr(clientPort), reads: setting(cfg, "reads")}, nil
}
