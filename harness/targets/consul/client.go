package consul

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// client works through one server. It implements workloads.Register, workloads.Set and
// workloads.Lock.
type client struct {
	remote    *api.Client
	transport *http.Transport
	reads     string
	lockDelay time.Duration
	// session is that under which locks are held, empty if there is none yet.
	session string
}

// Dial implements cluster.Target. It connects lazily.
func (Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	c, err := dial(node)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", node.Name(), err)
	}
	c.reads = setting(cfg, "reads")
	c.lockDelay, err = time.ParseDuration(setting(cfg, "lock-delay"))
	return c, err
}

// dial makes a client of one connection, which asks nobody but one server. What the
// environment says about a Consul of the user's is not for it.
func dial(node cluster.Node) (*client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}
	remote, err := api.NewClient(&api.Config{
		Address: node.Addr(clientPort), Scheme: "http",
		Transport: transport, HttpClient: &http.Client{Transport: transport},
	})
	return &client{remote: remote, transport: transport}, err
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client. The session stays: Consul ends it when the server that
// it belongs to is away for too long.
func (c *client) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}

// asked are the options of a read.
func (c *client) asked(ctx context.Context) *api.QueryOptions {
	options := &api.QueryOptions{RequireConsistent: c.reads == "consistent", AllowStale: c.reads == "stale"}
	return options.WithContext(ctx)
}

func latest(ctx context.Context) *api.QueryOptions {
	return (&api.QueryOptions{RequireConsistent: true}).WithContext(ctx)
}

func writing(ctx context.Context) *api.WriteOptions {
	return (&api.WriteOptions{}).WithContext(ctx)
}

func register(key string) string { return "register/" + key }
func elements(set string) string { return "set/" + set + "/" }
func locked(lock string) string  { return "lock/" + lock }

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (int, bool, error) {
	pair, _, err := c.remote.KV().Get(register(key), c.asked(ctx))
	if err != nil || pair == nil {
		return 0, false, harmless(err)
	}
	value, err := strconv.Atoi(string(pair.Value))
	return value, err == nil, err
}

// Write implements workloads.Register.
func (c *client) Write(ctx context.Context, key string, value int) error {
	_, err := c.remote.KV().Put(&api.KVPair{Key: register(key), Value: number(value)}, writing(ctx))
	return outcome(err)
}

func number(n int) []byte { return []byte(strconv.Itoa(n)) }

// CompareAndSet implements workloads.Register: a consistent read finds the value and its
// index, and the write is made if that is still the index. Who was overtaken looks again.
func (c *client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	for {
		pair, _, err := c.remote.KV().Get(register(key), latest(ctx))
		if err != nil || pair == nil || string(pair.Value) != string(number(old)) {
			return false, harmless(err)
		}
		pair.Value = number(new)
		done, _, err := c.remote.KV().CAS(pair, writing(ctx))
		if err != nil || done {
			return done, outcome(err)
		}
	}
}

// Add implements workloads.Set: every element is a key of its own.
func (c *client) Add(ctx context.Context, set string, element int) error {
	_, err := c.remote.KV().Put(&api.KVPair{Key: elements(set) + strconv.Itoa(element)}, writing(ctx))
	return outcome(err)
}

// Elements implements workloads.Set: all keys of the set, in one answer.
func (c *client) Elements(ctx context.Context, set string) ([]int, error) {
	prefix := elements(set)
	keys, _, err := c.remote.KV().Keys(prefix, "", c.asked(ctx))
	if err != nil {
		return nil, harmless(err)
	}
	found := make([]int, len(keys))
	for i, key := range keys {
		if found[i], err = strconv.Atoi(strings.TrimPrefix(key, prefix)); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// harmless marks the error of a read, which changes nothing whatever became of it.
func harmless(err error) error { return workloads.NoEffect(err) }
