package etcd

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// client works through one member of the cluster.
type client struct {
	remote *clientv3.Client
	// reads are the options of every read: what it promises.
	reads []clientv3.OpOption
	// name and sent make the keys of queued messages unique.
	name string
	sent int
	// watched counts watchers.
	watched int
	// guarded says that writes are done under a condition on many keys.
	guarded bool
	locks   locks
}

// Dial implements cluster.Target. It connects lazily.
func (Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	remote, err := connect(node.Addr(clientPort))
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", node.Name(), err)
	}
	// The name decides nothing but which keys messages get, so it need not come
	// from the run's seed.
	c := &client{remote: remote, name: rand.Text()}
	if c.locks.ttl, err = ttl(cfg); err != nil {
		return nil, err
	}
	keys, err := guard(cfg)
	if err != nil {
		return nil, err
	}
	c.guarded = keys > 0
	if setting(cfg, "reads") == "serializable" {
		c.reads = []clientv3.OpOption{clientv3.WithSerializable()}
	}
	return c, nil
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client.
func (c *client) Close() error {
	c.locks.orphan()
	return c.remote.Close()
}

// connect makes etcd's client do what it is told once, at one member: a single
// attempt a call, no other endpoints, and an error at once when the member is
// away instead of a wait until the deadline.
func connect(address string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Endpoints:       []string{"http://" + address},
		MaxUnaryRetries: 1, // attempts, in fact; 0 would mean 100
		Logger:          zap.NewNop(),
		DialOptions: []grpc.DialOption{
			grpc.WithNoProxy(),
			grpc.WithStatsHandler(wire{}),
			// The client asks gRPC to wait for a connection in options of each
			// call, which only a later interceptor can take back.
			grpc.WithChainUnaryInterceptor(failFast),
			// A member that comes back is found soon: gRPC would wait up to two
			// minutes between attempts, and 20 s for one with a paused member.
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.5, Jitter: 0.2, MaxDelay: 500 * time.Millisecond},
				MinConnectTimeout: 2 * time.Second,
			}),
		},
	})
}

func failFast(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(ctx, method, req, reply, conn, append(opts, grpc.WaitForReady(false))...)
}

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (int, bool, error) {
	answer, err := c.remote.Get(ctx, register(key), c.reads...)
	if err != nil {
		return 0, false, harmless(err)
	}
	if len(answer.Kvs) == 0 {
		return 0, false, nil
	}
	value, err := strconv.Atoi(string(answer.Kvs[0].Value))
	return value, err == nil, err
}

// Write implements workloads.Register.
func (c *client) Write(ctx context.Context, key string, value int) error {
	return c.put(ctx, register(key), strconv.Itoa(value))
}

// CompareAndSet implements workloads.Register. A key that was never written
// equals no value.
func (c *client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	key = register(key)
	return c.commit(ctx,
		clientv3.Compare(clientv3.Value(key), "=", strconv.Itoa(old)),
		clientv3.OpPut(key, strconv.Itoa(new)))
}

// Add implements workloads.Set: every element is a key of its own, so that adds
// never wait for each other.
func (c *client) Add(ctx context.Context, set string, element int) error {
	return c.put(ctx, elements(set)+strconv.Itoa(element), "")
}

// Elements implements workloads.Set: all keys of the set as they were at one
// revision, in one answer without a limit.
func (c *client) Elements(ctx context.Context, set string) ([]int, error) {
	prefix := elements(set)
	options := append([]clientv3.OpOption{clientv3.WithPrefix(), clientv3.WithKeysOnly()}, c.reads...)
	answer, err := c.remote.Get(ctx, prefix, options...)
	if err != nil {
		return nil, harmless(err)
	}
	found := make([]int, len(answer.Kvs))
	for i, pair := range answer.Kvs {
		if found[i], err = strconv.Atoi(strings.TrimPrefix(string(pair.Key), prefix)); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Send implements workloads.Queue: a message is a key that nobody else makes.
// Messages stand in the order of the revisions that created them.
func (c *client) Send(ctx context.Context, queue string, value int) error {
	c.sent++
	key := fmt.Sprintf("%s%s-%d", messages(queue), c.name, c.sent)
	return call(ctx, func(ctx context.Context) error {
		_, err := c.remote.Put(ctx, key, strconv.Itoa(value))
		return err
	})
}

// Receive implements workloads.Queue: look at the oldest message and delete it
// if it is still there, otherwise look again. It takes effect when the message
// is deleted. That was the oldest then as well: revisions only grow, so whatever
// is older had been there when we looked.
func (c *client) Receive(ctx context.Context, queue string) (int, bool, error) {
	for {
		key, value, found, err := c.oldest(ctx, queue)
		if err != nil || !found {
			return 0, false, err
		}
		mine, err := c.commit(ctx, clientv3.Compare(clientv3.CreateRevision(key), ">", 0), clientv3.OpDelete(key))
		if err != nil || mine {
			return value, mine, err
		}
	}
}

func (c *client) oldest(ctx context.Context, queue string) (key string, value int, found bool, err error) {
	answer, err := c.remote.Get(ctx, messages(queue), append(clientv3.WithFirstCreate(), c.reads...)...)
	if err != nil {
		return "", 0, false, harmless(err)
	}
	if len(answer.Kvs) == 0 {
		return "", 0, false, nil
	}
	value, err = strconv.Atoi(string(answer.Kvs[0].Value))
	return string(answer.Kvs[0].Key), value, err == nil, err
}

// commit does something if a condition holds, atomically, and says whether it
// held.
func (c *client) commit(ctx context.Context, condition clientv3.Cmp, then clientv3.Op) (held bool, err error) {
	err = call(ctx, func(ctx context.Context) error {
		answer, err := c.remote.Txn(ctx).If(condition).Then(then).Commit()
		held = err == nil && answer.Succeeded
		return err
	})
	return held, err
}

// harmless marks the error of a read, which changes nothing whatever became of
// it.
func harmless(err error) error { return workloads.NoEffect(err) }

func register(key string) string   { return "register/" + key }
func elements(set string) string   { return "set/" + set + "/" }
func messages(queue string) string { return "queue/" + queue + "/" }
