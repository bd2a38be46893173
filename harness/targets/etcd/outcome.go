package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/stats"

	"github.com/assaykit/assay/workloads"
)

// call executes one request that may change something. Its error is wrapped by
// workloads.NoEffect if the request never left, or if the server's answer proves
// that it was turned away.
func call(ctx context.Context, request func(context.Context) error) error {
	var left atomic.Bool
	err := request(context.WithValue(ctx, leftKey{}, &left))
	switch {
	case err == nil:
		return nil
	case !left.Load():
		return workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	case turnedAway(err):
		return workloads.NoEffect(fmt.Errorf("rejected: %w", err))
	}
	return err
}

type leftKey struct{}

// wire watches gRPC for requests that leave, and notes it in their contexts. An
// OutHeader event comes in the call's own goroutine after the stream was
// created and before gRPC can put its data on the wire: if there was none, not
// a byte was sent, whatever the error says. That covers refused connections,
// members that accept connections but are paused, and closed clients alike, and
// attempts that gRPC repeats of itself.
type wire struct{}

func (wire) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if _, out := event.(*stats.OutHeader); !out {
		return
	}
	if left, ok := ctx.Value(leftKey{}).(*atomic.Bool); ok {
		left.Store(true)
	}
}

func (wire) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (wire) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (wire) HandleConn(context.Context, stats.ConnStats)                       {}

// turnedAway says whether an error is an answer by which the server states that
// it rejected a put or transaction before proposing it to the cluster. The texts
// tell: no error of gRPC has one of them, while the codes are shared.
func turnedAway(err error) bool {
	return slices.ContainsFunc(rejections(), func(rejection error) bool {
		return rpctypes.ErrorDesc(err) == rpctypes.ErrorDesc(rejection)
	})
}

// rejections were looked up in the source of etcd 3.5.17 and 3.7.3. Errors that
// are absent arise after a proposal as well (server stopped, request timed out),
// or when an entry is applied (no space: the write is applied and then reported
// as failed, see quotaApplierV3), or not in answer to puts and transactions, or
// only with authentication, which our clusters do not use.
func rejections() []error {
	return []error{
		// Interceptors in front of every handler (v3rpc/interceptor.go).
		rpctypes.ErrGRPCNotCapable,
		rpctypes.ErrGRPCNotSupportedForLearner,
		rpctypes.ErrGRPCInvalidClientAPIVersion,
		rpctypes.ErrGRPCNoLeader,

		// The request's form, checked before anything else (v3rpc/key.go).
		rpctypes.ErrGRPCEmptyKey,
		rpctypes.ErrGRPCValueProvided,
		rpctypes.ErrGRPCLeaseProvided,
		rpctypes.ErrGRPCTooManyOps,
		rpctypes.ErrGRPCDuplicateKey,

		// processInternalRaftRequestOnce, before it proposes (v3_server.go).
		rpctypes.ErrGRPCRequestTooManyRequests,
		rpctypes.ErrGRPCRequestTooLarge,

		// The member's own Raft refuses to take a proposal (raft.ErrProposalDropped);
		// a proposal that was forwarded and then dropped gets no answer at all.
		errors.New("raft proposal dropped"),
	}
}
