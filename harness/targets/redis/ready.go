package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// patience is how long a single question to a node may take.
const patience = time.Second

// Ready implements cluster.Target: one node is master, all others are connected to it or
// to another that is, and have what it had, and every sentinel names it and would be able
// to replace it. For clusters, see assembled.
func (t Target) Ready(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	for _, node := range c.Nodes() {
		t.servers.add(node)
	}
	for last := errors.New("nothing"); ; {
		err := whole(ctx, c, setting(cfg, "mode"))
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w; last seen: %w", context.Cause(ctx), last)
		}
		last = err
		nodes.Wait(ctx, nodes.Pause)
	}
}

// whole says what is missing, if anything is.
func whole(ctx context.Context, c cluster.Cluster, mode string) error {
	roles, err := rolesOf(ctx, c)
	switch {
	case err != nil || mode == "single":
		return err
	case mode == "cluster":
		return assembled(ctx, c, roles)
	}
	leader, err := onlyMaster(roles)
	if err != nil {
		return err
	}
	for name := range roles {
		if err := fed(roles, name, leader); err != nil {
			return err
		}
	}
	if err := level(ctx, c, roles[leader].offset); err != nil {
		return err
	}
	return nodes.Each(c, func(_ int, node cluster.Node) error { return watched(ctx, node, leader, len(c.Nodes())) })
}

// tries is how often replicas are looked at until they have come to where the master was:
// while clients write it will have gone on.
const tries = 20

// level waits a while for the replicas to have executed what the master had at an offset:
// that they are connected does not say so.
func level(ctx context.Context, c cluster.Cluster, offset int64) (err error) {
	for range tries {
		if err = behind(ctx, c, offset); err == nil {
			return nil
		}
		nodes.Wait(ctx, nodes.Pause)
	}
	return err
}

// behind says which replica has not come to an offset, if one has not.
func behind(ctx context.Context, c cluster.Cluster, offset int64) error {
	roles, err := rolesOf(ctx, c)
	if err != nil {
		return err
	}
	for name, r := range roles {
		if !r.master && r.offset < offset {
			return fmt.Errorf("%s has executed %d of %d bytes of what the master had", name, r.offset, offset)
		}
	}
	return nil
}

// rolesOf asks all nodes for their roles, and returns them by names.
func rolesOf(ctx context.Context, c cluster.Cluster) (map[string]role, error) {
	var mu sync.Mutex
	roles := map[string]role{}
	err := nodes.Each(c, func(_ int, node cluster.Node) error {
		r, err := roleOf(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		roles[node.Name()] = r
		return err
	})
	return roles, err
}

// onlyMaster is the one node that is master.
func onlyMaster(roles map[string]role) (string, error) {
	var masters []string
	for name, r := range roles {
		if r.master {
			masters = append(masters, name)
		}
	}
	if len(masters) != 1 {
		slices.Sort(masters)
		return "", fmt.Errorf("masters are %v", masters)
	}
	return masters[0], nil
}

// fed says why what the master has does not come to a node, if so. It may come by way of
// other replicas, where sentinels have left one with a master that is none any more.
func fed(roles map[string]role, node, leader string) error {
	at := node
	for range roles {
		r := roles[at]
		if r.master {
			return nil
		}
		if !r.connected {
			return fmt.Errorf("%s is not connected to %q, which it follows", at, r.follows)
		}
		at = r.follows
	}
	return fmt.Errorf("%s follows nobody who leads to the master %s", node, leader)
}

// role is what a server says that it is: a master, or a replica that follows one and is
// connected to it, with all that it had when they were connected. How far it has come in
// the commands that masters send is its offset.
type role struct {
	master    bool
	follows   string
	connected bool
	offset    int64
}

func roleOf(ctx context.Context, node cluster.Node) (r role, err error) {
	link := redis.NewClient(options(node.Addr(clientPort)))
	defer link.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := link.Do(ctx, "ROLE").Slice()
	if err == nil {
		err = served(ctx, link)
	}
	if err != nil {
		return role{}, fmt.Errorf("%s: role: %w", node.Name(), err)
	}
	switch {
	case len(answer) == 3 && answer[0] == "master":
		offset, _ := answer[1].(int64)
		return role{master: true, offset: offset}, nil
	case len(answer) == 5 && answer[0] == "slave":
		offset, _ := answer[4].(int64)
		return role{follows: fmt.Sprint(answer[1]), connected: answer[3] == "connected", offset: offset}, nil
	}
	return role{}, fmt.Errorf("%s: role: %v", node.Name(), answer)
}

// served returns nil if a node answers reads: one that loads its files tells its role all
// the same.
func served(ctx context.Context, link *redis.Client) error {
	err := link.Do(ctx, "GET", "assay-ready").Err()
	var answer redis.Error
	if errors.As(err, &answer) && !strings.HasPrefix(answer.Error(), "LOADING") {
		return nil // there is no such key, or it is another node's
	}
	return err
}

// watched asks a node's sentinel who is master and whom it could put in its place, and
// whether as many sentinels as there are nodes would agree.
func watched(ctx context.Context, node cluster.Node, leader string, size int) error {
	link := redis.NewSentinelClient(options(node.Addr(sentinelPort)))
	defer link.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	named, err := link.GetMasterAddrByName(ctx, master).Result()
	if err != nil {
		return fmt.Errorf("%s: sentinel: %w", node.Name(), err)
	}
	if len(named) == 0 || named[0] != leader {
		return fmt.Errorf("the sentinel on %s names %v, and %s is master", node.Name(), named, leader)
	}
	// It hears of replicas every ten seconds only, and leaves those that it has not heard of
	// with the old master.
	replicas, err := link.Replicas(ctx, master).Result()
	if err != nil {
		return fmt.Errorf("%s: sentinel: %w", node.Name(), err)
	}
	if len(replicas) != size-1 {
		return fmt.Errorf("the sentinel on %s knows %d of %d replicas", node.Name(), len(replicas), size-1)
	}
	quorum, err := link.CkQuorum(ctx, master).Result()
	if err != nil {
		return fmt.Errorf("%s: sentinel: %w", node.Name(), err)
	}
	if !strings.HasPrefix(quorum, fmt.Sprintf("OK %d ", size)) {
		return fmt.Errorf("the sentinel on %s says: %s", node.Name(), quorum)
	}
	return nil
}

// Leaders implements cluster.Leaders: those that say that they are masters, of which a
// cluster has several. One that was
// replaced without its knowledge says so until it hears of it.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	return nodes.Leaders(ctx, c, func(ctx context.Context, node cluster.Node) (bool, error) {
		r, err := roleOf(ctx, node)
		return r.master, err
	}), nil
}
