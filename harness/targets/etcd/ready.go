package etcd

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// patience is how long a single question to a node may take.
const patience = 2 * time.Second

// Ready implements cluster.Target. A node is ready when it serves a linearizable
// read: for that it has to know a leader, reach it, and have caught up with it.
func (Target) Ready(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	err := nodes.Each(c, func(_ int, node cluster.Node) error {
		remote, err := connect(node.Addr(clientPort))
		if err != nil {
			return err
		}
		defer remote.Close()
		return nodes.Await(ctx, node, patience, func(ctx context.Context) error { return read(ctx, remote) })
	})
	if err != nil {
		return err
	}
	return standGuard(ctx, c, cfg)
}

func read(ctx context.Context, remote *clientv3.Client) error {
	_, err := remote.Get(ctx, "ready")
	return err
}

// Leaders implements cluster.Leaders. Each member is asked for itself; a leader
// that was cut off claims to lead until it notices.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	return nodes.Leaders(ctx, c, leads), nil
}

// leads says whether a node claims to lead.
func leads(ctx context.Context, node cluster.Node) (bool, error) {
	remote, err := connect(node.Addr(clientPort))
	if err != nil {
		return false, err
	}
	defer remote.Close()
	status, err := remote.Status(ctx, remote.Endpoints()[0])
	if err != nil {
		return false, err
	}
	return status.Leader == status.Header.MemberId, nil
}
