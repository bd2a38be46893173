package harness_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// memory is a target whose nodes share one map in this process: always right,
// unless told to misbehave.
type memory struct {
	mu     sync.Mutex
	values map[string]int
	queue  []int

	// stale makes node n2 answer reads from a copy that is this many writes old.
	stale  bool
	copies map[string]int
	// hang makes every hangth operation ignore its deadline, panics every
	// panicsth, loses every losesth answer.
	hang, panics, loses int64
	unready             atomic.Bool
	// locks are held by connections, and go with them.
	locks map[string]*memoryClient
	// refuses is until when nothing can be received.
	refuses time.Time
	count   atomic.Int64
	hung    chan struct{}
}

func newMemory() *memory {
	return &memory{values: map[string]int{}, copies: map[string]int{}, locks: map[string]*memoryClient{}, hung: make(chan struct{})}
}

func (m *memory) Name() string                { return "memory" }
func (m *memory) About() string               { return "a map in this process" }
func (m *memory) Settings() []cluster.Setting { return nil }
func (m *memory) Prototype() cluster.Client   { return &memoryClient{} }
func (m *memory) Ready(ctx context.Context, _ cluster.Cluster, _ cluster.Config) error {
	if m.unready.Load() {
		return errors.New("n2: still asleep")
	}
	return ctx.Err()
}

func (m *memory) Nodes(cluster.Config, cluster.Layout) ([]cluster.NodeSpec, error) { return nil, nil }

func (m *memory) Dial(_ context.Context, n cluster.Node, _ cluster.Config) (cluster.Client, error) {
	if s, _ := n.State(context.Background()); s == cluster.Stopped {
		return nil, errors.New("connection refused")
	}
	return &memoryClient{memory: m, node: n}, nil
}

// start is a cluster.Starter.
func (m *memory) start(_ context.Context, o cluster.Options) (cluster.Cluster, error) {
	c := &memoryCluster{}
	for _, name := range []string{"n1", "n2", "n3"} {
		c.nodes = append(c.nodes, &memoryNode{name: name, state: cluster.Running})
	}
	return c, nil
}

type memoryClient struct {
	memory *memory
	node   cluster.Node
}

func (c *memoryClient) Close() error {
	if c.memory != nil { // it is no prototype
		c.memory.mu.Lock()
		defer c.memory.mu.Unlock()
		maps.DeleteFunc(c.memory.locks, func(_ string, by *memoryClient) bool { return by == c })
	}
	return nil
}

func (c *memoryClient) Acquire(_ context.Context, lock string) (bool, int64, error) {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if by := c.memory.locks[lock]; by != nil && by != c {
		return false, 0, nil
	}
	c.memory.locks[lock] = c
	return true, 0, nil
}

func (c *memoryClient) Release(_ context.Context, lock string) (bool, error) {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	held := c.memory.locks[lock] == c
	if held {
		delete(c.memory.locks, lock)
	}
	return held, nil
}

// stall hangs, holding nothing that others need.
func (c *memoryClient) stall() {
	if every := c.memory.hang; every > 0 && c.memory.count.Add(1)%every == 0 {
		<-c.memory.hung
	}
}

// misbehave does what the target was told to do to this operation.
func (c *memoryClient) misbehave() error {
	n := c.memory.count.Add(1)
	if every := c.memory.panics; every > 0 && n%every == 0 {
		panic("a client's mistake")
	}
	if every := c.memory.loses; every > 0 && n%every == 0 {
		return errors.New("connection reset")
	}
	return nil
}

func (c *memoryClient) Read(_ context.Context, key string) (int, bool, error) {
	c.stall()
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	from := c.memory.values
	if c.memory.stale && c.node.Name() == "n2" {
		from = c.memory.copies
	}
	value, found := from[key]
	return value, found, c.misbehave()
}

func (c *memoryClient) Write(_ context.Context, key string, value int) error {
	c.stall()
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if old, found := c.memory.values[key]; found {
		c.memory.copies[key] = old
	}
	c.memory.values[key] = value
	return c.misbehave()
}

func (c *memoryClient) CompareAndSet(_ context.Context, key string, old, new int) (bool, error) {
	c.stall()
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if got, found := c.memory.values[key]; !found || got != old {
		return false, c.misbehave()
	}
	c.memory.copies[key], c.memory.values[key] = old, new
	return true, c.misbehave()
}

func (c *memoryClient) Send(_ context.Context, _ string, value int) error {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	c.memory.queue = append(c.memory.queue, value)
	return nil
}

func (c *memoryClient) Receive(context.Context, string) (int, bool, error) {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if time.Now().Before(c.memory.refuses) {
		return 0, false, workloads.NoEffect(errors.New("not now"))
	}
	if len(c.memory.queue) == 0 {
		return 0, false, nil
	}
	value := c.memory.queue[0]
	c.memory.queue = c.memory.queue[1:]
	return value, true, nil
}

var (
	_ workloads.Register = (*memoryClient)(nil)
	_ workloads.Queue    = (*memoryClient)(nil)
	_ workloads.Lock     = (*memoryClient)(nil)
)

type memoryCluster struct{ nodes []cluster.Node }

func (c *memoryCluster) Runtime() string             { return "memory" }
func (c *memoryCluster) Nodes() []cluster.Node       { return c.nodes }
func (c *memoryCluster) Close(context.Context) error { return nil }
func (c *memoryCluster) Capabilities() cluster.Capabilities {
	return cluster.Capabilities{cluster.CanKill: nil, cluster.CanPause: nil}
}

type memoryNode struct {
	name string

	mu    sync.Mutex
	state cluster.State
}

func (n *memoryNode) Name() string       { return n.name }
func (n *memoryNode) Addr(string) string { return "nowhere" }

func (n *memoryNode) become(s cluster.State) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.state = s
	return nil
}

func (n *memoryNode) Start(context.Context) error  { return n.become(cluster.Running) }
func (n *memoryNode) Kill(context.Context) error   { return n.become(cluster.Stopped) }
func (n *memoryNode) Pause(context.Context) error  { return n.become(cluster.Paused) }
func (n *memoryNode) Resume(context.Context) error { return n.become(cluster.Running) }
func (n *memoryNode) State(context.Context) (cluster.State, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state, nil
}

func (n *memoryNode) Logs(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "the log of "+n.name+" at "+time.Now().String()+"\n")
	return err
}
