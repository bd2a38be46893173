package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// client works through one node: it goes where that node's sentinel sends it or, in a
// cluster, where the node itself does. The data types that it implements are each in a
// file of its own.
type client struct {
	node    string
	servers *directory
	// alone says that there is one server, and clustered that servers divide the keys
	// among themselves. Otherwise there are sentinels.
	alone, clustered bool
	// own says that reads go to the server on the node itself.
	own bool
	// wait is how many replicas have to confirm a write.
	wait int
	// expiry is after how long a lock ends by itself.
	expiry time.Duration

	// name tells clients apart where they leave their names, in locks and as consumers.
	name string
	// ask is the node's sentinel.
	ask *redis.SentinelClient
	// links are connections to servers, by the names of nodes.
	links map[string]*redis.Client
	// current is the node to which the last write went.
	current string
	// owners are the nodes that have keys, as far as a cluster has told.
	owners map[string]string
	// groups are the queues whose consumer group is known to be there.
	groups map[string]bool
}

// Dial implements cluster.Target. It connects lazily.
func (t Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	t.servers.add(node)
	wait, err := strconv.Atoi(setting(cfg, "wait"))
	if err != nil {
		return nil, fmt.Errorf("setting wait: %w", err)
	}
	expiry, err := time.ParseDuration(setting(cfg, "lock-expiry"))
	if err != nil {
		return nil, fmt.Errorf("setting lock-expiry: %w", err)
	}
	c := &client{
		node:      node.Name(),
		servers:   t.servers,
		alone:     setting(cfg, "mode") == "single",
		clustered: setting(cfg, "mode") == "cluster",
		own:       setting(cfg, "reads") == "replica",
		wait:      wait,
		expiry:    expiry,
		name:      rand.Text(), // decides nothing, so it need not come from the run's seed
		links:     map[string]*redis.Client{},
		owners:    map[string]string{},
		groups:    map[string]bool{},
	}
	if !c.alone && !c.clustered {
		c.ask = redis.NewSentinelClient(options(node.Addr(sentinelPort)))
	}
	return c, nil
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client.
func (c *client) Close() error {
	var failed []error
	if c.ask != nil {
		failed = append(failed, c.ask.Close())
	}
	for _, link := range c.links {
		failed = append(failed, link.Close())
	}
	return errors.Join(failed...)
}

// options make the library do what it is told once, over one connection.
func options(address string) *redis.Options {
	return &redis.Options{
		Addr:                  address,
		MaxRetries:            -1,
		DialerRetries:         1,
		PoolSize:              1,
		DialTimeout:           time.Second,
		ContextTimeoutEnabled: true,
		Protocol:              2,
		DisableIdentity:       true,
		Dialer:                dial,
		// The library would otherwise ask to be told of maintenance, which only other
		// servers understand.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// dial states of an error that nothing was sent.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, workloads.NoEffect(err)
	}
	return conn, nil
}

// directory knows where clients reach nodes. Servers and sentinels name them as they know
// each other.
type directory struct {
	mu        sync.Mutex
	addresses map[string]string
}

func (d *directory) add(node cluster.Node) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addresses[node.Name()] = node.Addr(clientPort)
}

func (d *directory) of(node string) (address string, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	address, known = d.addresses[node]
	return address, known
}

// asking is how long a sentinel has to answer.
const asking = 300 * time.Millisecond

// leader is a connection to the master, as the node's sentinel says now, or to the last
// one if it says nothing. An error means that nothing was sent there.
func (c *client) leader(ctx context.Context) (*redis.Client, error) {
	if c.alone {
		return c.link(c.node)
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	answer, err := c.ask.GetMasterAddrByName(ctx, master).Result()
	switch {
	case err == nil && len(answer) > 0:
		c.current = answer[0]
	case c.current == "":
		return nil, workloads.NoEffect(fmt.Errorf("the sentinel on %s names no master: %w", c.node, err))
	}
	return c.link(c.current)
}

// reader is a connection to whom reads are put.
func (c *client) reader(ctx context.Context) (*redis.Client, error) {
	if c.own {
		return c.link(c.node)
	}
	return c.leader(ctx)
}

func (c *client) link(node string) (*redis.Client, error) {
	if link, known := c.links[node]; known {
		return link, nil
	}
	address, known := c.servers.of(node)
	if !known {
		return nil, workloads.NoEffect(fmt.Errorf("%s sends to %q, which is no node of this cluster", c.node, node))
	}
	c.links[node] = redis.NewClient(options(address))
	return c.links[node], nil
}

// read puts a question about a key to a server. It changes nothing whatever becomes of it.
func (c *client) read(ctx context.Context, key string, ask func(*redis.Client) error) error {
	return workloads.NoEffect(absent(c.at(ctx, key, c.reader, func(link *redis.Client, asking bool) error {
		if asking {
			if err := link.Do(ctx, "ASKING").Err(); err != nil {
				return err
			}
		}
		return ask(link)
	})))
}

// at tries something on the server that has a key: the one that choose names or, in a
// cluster, the one that it sends to.
func (c *client) at(
	ctx context.Context, key string, choose func(context.Context) (*redis.Client, error), try trial,
) error {
	if c.clustered {
		return c.follow(ctx, key, try)
	}
	link, err := choose(ctx)
	if err != nil {
		return err
	}
	return try(link, false)
}

// absent takes the answer that there is nothing for no error.
func absent(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// errUnconfirmed is a write that the master has and too few replicas have confirmed.
var errUnconfirmed = errors.New("too few replicas have confirmed the write in time")

// write has the master of a key execute commands on it.
func (c *client) write(ctx context.Context, key string, commands func(redis.Pipeliner)) error {
	return c.at(ctx, key, c.leader, func(link *redis.Client, asking bool) error {
		batch := link.Pipeline()
		if asking {
			batch.Do(ctx, "ASKING")
		}
		commands(batch)
		return c.execute(ctx, batch)
	})
}

// execute has a server execute a batch of commands, and, if that is asked for, waits until
// replicas have confirmed. Both go over one connection at once, because WAIT is about what
// was written over its own.
func (c *client) execute(ctx context.Context, batch redis.Pipeliner) error {
	var confirmed *redis.Cmd
	if c.wait > 0 {
		confirmed = batch.Do(ctx, "WAIT", c.wait, remaining(ctx).Milliseconds())
	}
	all, err := batch.Exec(ctx)
	if failed := firstError(all, confirmed); failed != nil {
		return settle(failed)
	}
	if err = absent(err); err != nil || confirmed == nil {
		return err
	}
	if n, err := confirmed.Int(); err != nil || n < c.wait {
		return errUnconfirmed
	}
	return nil
}

// firstError is that of the first command which has one, WAIT apart.
func firstError(all []redis.Cmder, wait *redis.Cmd) error {
	for _, command := range all {
		if command != redis.Cmder(wait) && absent(command.Err()) != nil {
			return command.Err()
		}
	}
	return nil
}

// remaining is how long WAIT may take to leave time for its answer; 0 would be for ever.
func remaining(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Second
	}
	return max(time.Until(end)*3/4, time.Millisecond)
}
