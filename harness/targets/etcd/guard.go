package etcd

import (
	"context"
	"fmt"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// guarded is the setting that makes writes of registers, and additions to sets, transactions on the condition that
// many other keys are still there, as a controller does that owns a tree of keys. The
// condition always holds, but looking takes the member a while, between saying that an
// entry is applied and applying it: versions in which these two could be torn apart by a
// kill (3.5.0 to 3.5.2, etcd issue 13766) are left behind with data of their own.
const guarded = "guard"

// mostGuards bounds the setting: a condition on more keys takes longer than an election.
const mostGuards = 20_000

// guards is the prefix of the keys that are looked at.
const guards = "guard/"

// loaded is how many keys one request makes; etcd takes 128.
const loaded = 100

func guardSetting() cluster.Setting {
	return cluster.Setting{Key: guarded, Default: "0", Harmless: true, About: "how many other keys the condition of each write of a register, or addition to a set, covers; 0 is none"}
}

func guard(cfg cluster.Config) (int, error) {
	text := setting(cfg, guarded)
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > mostGuards {
		return 0, fmt.Errorf("%s=%s: has to be a number of keys from 0 to %d", guarded, text, mostGuards)
	}
	return n, nil
}

// standGuard makes the keys, through the first node, unless they are there.
func standGuard(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	n, err := guard(cfg)
	if err != nil || n == 0 {
		return err
	}
	node := c.Nodes()[0]
	remote, err := connect(node.Addr(clientPort))
	if err != nil {
		return err
	}
	defer remote.Close()
	return nodes.Await(ctx, node, 10*patience, func(ctx context.Context) error { return makeGuards(ctx, remote, n) })
}

func makeGuards(ctx context.Context, remote *clientv3.Client, n int) error {
	there, err := remote.Get(ctx, guards, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil || there.Count == int64(n) {
		return err
	}
	for first := 0; first < n; first += loaded {
		var puts []clientv3.Op
		for i := first; i < min(first+loaded, n); i++ {
			puts = append(puts, clientv3.OpPut(fmt.Sprintf("%s%05d", guards, i), ""))
		}
		if _, err := remote.Txn(ctx).Then(puts...).Commit(); err != nil {
			return err
		}
	}
	return nil
}

// put writes a key, under the guard if there is one.
func (c *client) put(ctx context.Context, key, value string) error {
	return call(ctx, func(ctx context.Context) error {
		if !c.guarded {
			_, err := c.remote.Put(ctx, key, value)
			return err
		}
		answer, err := c.remote.Txn(ctx).
			If(clientv3.Compare(clientv3.CreateRevision(guards), ">", 0).WithPrefix()).
			Then(clientv3.OpPut(key, value)).Commit()
		if err == nil && !answer.Succeeded {
			err = fmt.Errorf("the keys of %s, which nobody deletes, are not there", guards)
		}
		return err
	})
}
