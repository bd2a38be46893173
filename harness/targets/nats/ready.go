package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// patience is how long a single question to a node may take.
	patience = 2 * time.Second
	// pause is the time between two questions.
	pause = 100 * time.Millisecond
)

// Ready implements cluster.Target. A node is ready when it finds nothing wrong with
// itself, and when all streams, as it is told through the client library, have a
// leader and replicas that are up to date.
//
// A stream that the cluster does not know is made, also one that it knew before and
// has forgotten, as an operator would: what it held is gone, and its absence shows.
func (t Target) Ready(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	err := each(c, func(_ int, node cluster.Node) error {
		return await(ctx, node, func(ctx context.Context) error { return healthy(ctx, node) })
	})
	if err != nil {
		return err
	}
	wanted := streams(cfg, len(c.Nodes()))
	first := c.Nodes()[0]
	err = await(ctx, first, func(ctx context.Context) error { return provide(ctx, first, wanted) })
	if err != nil {
		return err
	}
	return each(c, func(_ int, node cluster.Node) error {
		return await(ctx, node, func(ctx context.Context) error { return serving(ctx, node, wanted) })
	})
}

// await repeats a question until it is answered as it should be.
func await(ctx context.Context, node cluster.Node, ask func(context.Context) error) error {
	for last := errors.New("nothing"); ; {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s is not ready: %w; last seen: %w", node.Name(), context.Cause(ctx), last)
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

// provide makes the streams that are not there, through one node.
func provide(ctx context.Context, node cluster.Node, wanted []jetstream.StreamConfig) error {
	return through(ctx, node, func(js jetstream.JetStream) error {
		for _, s := range wanted {
			if err := provideOne(ctx, js, s); err != nil {
				return fmt.Errorf("stream %s: %w", s.Name, err)
			}
		}
		return nil
	})
}

func provideOne(ctx context.Context, js jetstream.JetStream, s jetstream.StreamConfig) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	_, err := js.Stream(ctx, s.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, s)
	}
	return err
}

// serving says why not all of the streams are usable through a node, if so.
func serving(ctx context.Context, node cluster.Node, wanted []jetstream.StreamConfig) error {
	return through(ctx, node, func(js jetstream.JetStream) error {
		for _, s := range wanted {
			if err := whole(ctx, js, s); err != nil {
				return fmt.Errorf("stream %s: %w", s.Name, err)
			}
		}
		return nil
	})
}

func whole(ctx context.Context, js jetstream.JetStream, wanted jetstream.StreamConfig) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := js.Stream(ctx, wanted.Name)
	if err != nil {
		return err
	}
	at := s.CachedInfo().Cluster
	if at == nil {
		return nil // a server of its own
	}
	if at.Leader == "" || len(at.Replicas) != wanted.Replicas-1 {
		return fmt.Errorf("leader %q, %d other replicas of %d", at.Leader, len(at.Replicas), wanted.Replicas-1)
	}
	for _, peer := range at.Replicas {
		if !peer.Current || peer.Offline {
			return fmt.Errorf("its replica on %s is not up to date", peer.Name)
		}
	}
	return nil
}

// through asks something over a connection of its own.
func through(ctx context.Context, node cluster.Node, ask func(jetstream.JetStream) error) error {
	conn, err := dial(ctx, node.Addr(clientPort))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	return ask(js)
}

// Leaders implements cluster.Leaders: the nodes that say of themselves that they lead
// a stream with messages in it, which are those that clients use; before there is
// any, those that say that they lead the cluster. A leader that was cut off says so
// until it notices.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	said := make([]standing, len(c.Nodes()))
	each(c, func(i int, node cluster.Node) error {
		said[i] = ask(ctx, node)
		return nil
	})
	leads := func(s standing) bool { return s.inUse }
	if !slices.ContainsFunc(said, leads) {
		leads = func(s standing) bool { return s.meta }
	}
	var names []string
	for i, node := range c.Nodes() {
		if leads(said[i]) {
			names = append(names, node.Name())
		}
	}
	return names, nil
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
