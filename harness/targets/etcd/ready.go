package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// patience is how long a single question to a node may take.
	patience = 2 * time.Second
	// pause is the time between two questions.
	pause = 50 * time.Millisecond
)

// Ready implements cluster.Target. A node is ready when it serves a linearizable
// read: for that it has to know a leader, reach it, and have caught up with it.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return each(c, func(_ int, node cluster.Node) error {
		if err := awaitRead(ctx, node); err != nil {
			return fmt.Errorf("%s is not ready: %w", node.Name(), err)
		}
		return nil
	})
}

func awaitRead(ctx context.Context, node cluster.Node) error {
	remote, err := connect(node.Addr(clientPort))
	if err != nil {
		return err
	}
	defer remote.Close()
	for last := errors.New("nothing"); ; {
		err := read(ctx, remote)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w; last seen: %w", context.Cause(ctx), last)
		}
		last = err
		wait(ctx, pause)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func read(ctx context.Context, remote *clientv3.Client) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := remote.Get(ctx, "ready")
	return err
}

// Leaders implements cluster.Leaders. Each member is asked for itself; a leader
// that was cut off claims to lead until it notices.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	claims := make([]bool, len(c.Nodes()))
	err := each(c, func(i int, node cluster.Node) (err error) {
		claims[i], err = leads(ctx, node)
		return err
	})
	var names []string
	for i, node := range c.Nodes() {
		if claims[i] {
			names = append(names, node.Name())
		}
	}
	return names, err
}

// leads says whether a node claims to lead. One that does not answer does not.
func leads(ctx context.Context, node cluster.Node) (bool, error) {
	remote, err := connect(node.Addr(clientPort))
	if err != nil {
		return false, err
	}
	defer remote.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	status, err := remote.Status(ctx, remote.Endpoints()[0])
	if err != nil {
		return false, nil
	}
	return status.Leader == status.Header.MemberId, nil
}

// each runs f for all nodes at once.
func each(c cluster.Cluster, f func(int, cluster.Node) error) error {
	var all sync.WaitGroup
	failed := make([]error, len(c.Nodes()))
	for i, node := range c.Nodes() {
		all.Go(func() { failed[i] = f(i, node) })
	}
	all.Wait()
	return errors.Join(failed...)
}
