package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// patience is how long a single question to a node may take.
const patience = 2 * time.Second

// Ready implements cluster.Target. A node is ready when it finds nothing wrong with
// itself, when the leader of the cluster is in touch with all the others, when it
// compresses what it was told to compress, and when all streams that there are, as the
// node tells through the client library, have a leader and replicas that are up to date.
func (t Target) Ready(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	err := nodes.Each(c, func(_ int, node cluster.Node) error {
		return nodes.Await(ctx, node, patience, func(ctx context.Context) error { return healthy(ctx, node) })
	})
	if err != nil {
		return err
	}
	if err := nodes.Await(ctx, c.Nodes()[0], patience, func(ctx context.Context) error { return complete(ctx, c) }); err != nil {
		return err
	}
	if compression := setting(cfg, "compression"); compression != "off" {
		err := nodes.Each(c, func(_ int, node cluster.Node) error {
			return nodes.Await(ctx, node, patience, func(ctx context.Context) error { return compresses(ctx, node, len(c.Nodes())-1, compression) })
		})
		if err != nil {
			return err
		}
	}
	wanted := replicas(cfg, len(c.Nodes()))
	return nodes.Each(c, func(_ int, node cluster.Node) error {
		return nodes.Await(ctx, node, 2*patience, func(ctx context.Context) error { return serving(ctx, node, wanted) })
	})
}

// complete says whether the cluster's leader is in touch with all nodes: it does not
// place streams on others. Once there are streams that has been done, and what counts is
// their replicas: a leader that was elected after all had been killed may take minutes to
// count followers as current that find themselves so (seen with 2.10.24).
func complete(ctx context.Context, c cluster.Cluster) error {
	if len(c.Nodes()) == 1 {
		return nil
	}
	for _, node := range c.Nodes() {
		if s := ask(ctx, node); s.stream || s.meta && s.current == len(c.Nodes())-1 {
			return nil
		}
	}
	return errors.New("no leader of the cluster is in touch with all other nodes")
}

// serving says why not all streams are usable through a node, if so.
func serving(ctx context.Context, node cluster.Node, replicas int) error {
	return through(ctx, node, func(js jetstream.JetStream) error {
		names := js.StreamNames(ctx)
		for name := range names.Name() {
			if err := whole(ctx, js, name, replicas); err != nil {
				return fmt.Errorf("stream %s: %w", name, err)
			}
		}
		return names.Err()
	})
}

func whole(ctx context.Context, js jetstream.JetStream, name string, replicas int) error {
	s, err := js.Stream(ctx, name)
	if err != nil {
		return err
	}
	at := s.CachedInfo().Cluster
	if at == nil || replicas == 1 {
		return nil // its server leads it
	}
	if err := fromLeader(at); err != nil {
		return err
	}
	if len(at.Replicas) != replicas-1 {
		return fmt.Errorf("leader %q and %d of %d other replicas are known", at.Leader, len(at.Replicas), replicas-1)
	}
	for _, peer := range at.Replicas {
		if !peer.Current || peer.Offline {
			return fmt.Errorf("its replica on %s is not up to date", peer.Name)
		}
	}
	return nil
}

// fromLeader says why what is told of a stream is not its leader's word. As long as no
// leader is known any of its servers answers, with what it has applied so far, and the
// one that was to be the first leader does so for ten seconds after each start
// (jsStreamInfoRequest in jetstream_api.go of nats-server 2.10.29). The others that a
// server lists are those beside itself.
func fromLeader(c *jetstream.ClusterInfo) error {
	switch {
	case c == nil: // a single server
		return nil
	case c.Leader == "":
		return errors.New("the answer comes from a server that knows no leader of the stream")
	case slices.ContainsFunc(c.Replicas, func(p *jetstream.PeerInfo) bool { return p.Name == c.Leader }):
		return errors.New("the answer comes from a server that does not lead the stream")
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
// a stream, which is the one that clients use; before there is any, those that say that
// they lead the cluster. A leader that was cut off says so until it notices.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	said := make([]standing, len(c.Nodes()))
	err := nodes.Each(c, func(i int, node cluster.Node) error {
		said[i] = ask(ctx, node)
		return nil
	})
	leads := func(s standing) bool { return s.stream }
	if !slices.ContainsFunc(said, leads) {
		leads = func(s standing) bool { return s.meta }
	}
	var names []string
	for i, node := range c.Nodes() {
		if leads(said[i]) {
			names = append(names, node.Name())
		}
	}
	return names, err
}
