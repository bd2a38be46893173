package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

var _ cluster.Members = Target{}

// Members implements cluster.Members.
func (Target) Members(ctx context.Context, c cluster.Cluster, _ cluster.Config) (names []string, err error) {
	err = anywhere(ctx, c, "", func(ctx context.Context, remote *clientv3.Client) error {
		names = nil
		answer, err := remote.MemberList(ctx)
		if err != nil {
			return err
		}
		for _, m := range answer.Members {
			names = append(names, nameOf(m.PeerURLs))
		}
		slices.Sort(names)
		return nil
	})
	return names, err
}

// nameOf is the node at a member's addresses: a member that was admitted and has not
// started has no name of its own yet.
func nameOf(urls []string) string {
	if len(urls) == 0 {
		return ""
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(urls[0], "http://"), ":")
	return host
}

// Remove implements cluster.Members. The server ends by itself as soon as it learns of
// it. etcd refuses while too few of the others would be left that are well.
func (t Target) Remove(ctx context.Context, c cluster.Cluster, _ cluster.Config, node string) error {
	err := anywhere(ctx, c, node, func(ctx context.Context, remote *clientv3.Client) error {
		answer, err := remote.MemberList(ctx)
		if err != nil {
			return err
		}
		for _, m := range answer.Members {
			if nameOf(m.PeerURLs) == node {
				_, err = remote.MemberRemove(ctx, m.ID)
			}
		}
		if errors.Is(err, rpctypes.ErrMemberNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove %s from the members: %w", node, err)
	}
	return nil
}

// Admit implements cluster.Members.
func (t Target) Admit(ctx context.Context, c cluster.Cluster, _ cluster.Config, node string) error {
	url := fmt.Sprintf("http://%s:%d", node, peerNumber)
	err := anywhere(ctx, c, node, func(ctx context.Context, remote *clientv3.Client) error {
		// One that is expected and has not come yet makes etcd refuse any other change,
		// even this one.
		answer, err := remote.MemberList(ctx)
		if err != nil {
			return err
		}
		for _, m := range answer.Members {
			if nameOf(m.PeerURLs) == node {
				return nil
			}
		}
		_, err = remote.MemberAdd(ctx, []string{url})
		return err
	})
	if err != nil {
		return fmt.Errorf("admit %s to the members: %w", node, err)
	}
	return nil
}

// Joining implements cluster.Members. A server refuses to join unless it is told
// exactly who the members are.
func (Target) Joining(args, members []string) []string {
	var joining []string
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "--initial-cluster-state":
			arg = name + "=existing"
		case "--initial-cluster":
			peers := slices.DeleteFunc(strings.Split(value, ","), func(peer string) bool {
				node, _, _ := strings.Cut(peer, "=")
				return !slices.Contains(members, node)
			})
			arg = name + "=" + strings.Join(peers, ",")
		}
		joining = append(joining, arg)
	}
	return joining
}

// anywhere asks one node after another, but not the one given, until one has answered
// as it should or the context ends.
func anywhere(ctx context.Context, c cluster.Cluster, not string, ask func(context.Context, *clientv3.Client) error) error {
	last := errors.New("there is no other node")
	for {
		for _, node := range c.Nodes() {
			if node.Name() == not {
				continue
			}
			if last = through(ctx, node, ask); last == nil {
				return nil
			}
		}
		if ctx.Err() != nil {
			return last
		}
		nodes.Wait(ctx, nodes.Pause)
	}
}

func through(ctx context.Context, node cluster.Node, ask func(context.Context, *clientv3.Client) error) error {
	remote, err := connect(node.Addr(clientPort))
	if err != nil {
		return err
	}
	defer remote.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := ask(ctx, remote); err != nil {
		return fmt.Errorf("%s: %w", node.Name(), err)
	}
	return nil
}
