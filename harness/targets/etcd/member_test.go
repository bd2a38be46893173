package etcd

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"

	"github.com/assaykit/assay/harness/cluster"
)

// member is a server that answers puts and transactions as it is told.
type member struct {
	etcdserverpb.UnimplementedKVServer
	etcdserverpb.UnimplementedMaintenanceServer
	grpc     *grpc.Server
	address  string
	answer   atomic.Pointer[error]
	requests atomic.Int64
	// self and leader are who it says to be and who it says leads.
	self, leader uint64
	// hang, if there is one, is closed when a request has come, which then gets
	// no answer.
	hang chan struct{}
}

func (s *member) Put(ctx context.Context, _ *etcdserverpb.PutRequest) (*etcdserverpb.PutResponse, error) {
	return &etcdserverpb.PutResponse{}, s.take(ctx)
}

func (s *member) Txn(ctx context.Context, _ *etcdserverpb.TxnRequest) (*etcdserverpb.TxnResponse, error) {
	return &etcdserverpb.TxnResponse{}, s.take(ctx)
}

func (s *member) Range(ctx context.Context, _ *etcdserverpb.RangeRequest) (*etcdserverpb.RangeResponse, error) {
	return &etcdserverpb.RangeResponse{}, s.take(ctx)
}

func (s *member) Status(context.Context, *etcdserverpb.StatusRequest) (*etcdserverpb.StatusResponse, error) {
	return &etcdserverpb.StatusResponse{Header: &etcdserverpb.ResponseHeader{MemberId: s.self}, Leader: s.leader}, nil
}

func (s *member) take(ctx context.Context) error {
	s.requests.Add(1)
	if s.hang != nil {
		close(s.hang)
		<-ctx.Done()
		return io.ErrUnexpectedEOF
	}
	if err := s.answer.Load(); err != nil {
		return *err
	}
	return nil
}

func serve(t *testing.T) *member { return serveOn(t, listen(t)) }

// serveOn serves keys and the member's status, and whatever else is registered.
func serveOn(t *testing.T, listener net.Listener, others ...func(*grpc.Server)) *member {
	s := &member{grpc: grpc.NewServer(), address: listener.Addr().String()}
	etcdserverpb.RegisterKVServer(s.grpc, s)
	etcdserverpb.RegisterMaintenanceServer(s.grpc, s)
	for _, register := range others {
		register(s.grpc)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.grpc.Serve(listener)
	}()
	t.Cleanup(func() { s.grpc.Stop(); <-ended })
	return s
}

func listen(t *testing.T) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func dial(t *testing.T, address string) *client {
	c, err := New().Dial(t.Context(), node{address: address}, cluster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

// node is a node of which nothing but its address is asked.
type node struct {
	cluster.Node
	name, address string
}

func (n node) Name() string       { return n.name }
func (n node) Addr(string) string { return n.address }
