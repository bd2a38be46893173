package etcd

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/client/v3/concurrency"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// lessor grants leases, of which it waits to tell somebody, and keeps them alive.
type lessor struct {
	etcdserverpb.UnimplementedLeaseServer
	granted chan struct{}
}

func (l *lessor) LeaseGrant(_ context.Context, r *etcdserverpb.LeaseGrantRequest) (*etcdserverpb.LeaseGrantResponse, error) {
	l.granted <- struct{}{}
	return &etcdserverpb.LeaseGrantResponse{ID: 7, TTL: r.TTL}, nil
}

func (l *lessor) LeaseKeepAlive(stream grpc.BidiStreamingServer[etcdserverpb.LeaseKeepAliveRequest, etcdserverpb.LeaseKeepAliveResponse]) error {
	for {
		r, err := stream.Recv()
		if err != nil {
			return err
		}
		if err := stream.Send(&etcdserverpb.LeaseKeepAliveResponse{ID: r.ID, TTL: 10}); err != nil {
			return err
		}
	}
}

// An operation that hung may go on for a while after its client was closed. Nothing is
// torn then (which only a race detector sees), and no session lives on.
func TestAClientIsClosedWhileItOpensASession(t *testing.T) {
	l := &lessor{granted: make(chan struct{})}
	s := serveOn(t, listen(t), func(g *grpc.Server) { etcdserverpb.RegisterLeaseServer(g, l) })
	away := status.Error(codes.Unavailable, "no transactions here")
	s.answer.Store(&away)
	for i := range 20 {
		session := closedAfter(t, dial(t, s.address), l.granted, time.Duration(i*i)*50*time.Microsecond)
		if session == nil {
			continue
		}
		select {
		case <-session.Done():
		case <-time.After(10 * time.Second):
			t.Fatal("a session outlives its client")
		}
	}
}

// closedAfter closes a client a while after its lease was granted, and returns the
// session that it then still has, if any.
func closedAfter(t *testing.T, c *client, granted <-chan struct{}, while time.Duration) *concurrency.Session {
	acquired := make(chan struct{})
	go func() {
		defer close(acquired)
		_, _, _ = c.Acquire(t.Context(), "l")
	}()
	<-granted
	time.Sleep(while)
	if err := c.Close(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-acquired
	return c.locks.session.Load()
}
