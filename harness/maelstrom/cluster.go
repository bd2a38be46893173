//go:build unix

package maelstrom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
)

// Cluster is a set of programs and the network between them, which is in this process.
// It implements cluster.Cluster and cluster.Network.
type Cluster struct {
	claim    *owner.Claim
	program  []string
	kind     kind
	nodes    []*Node
	network  *network
	services *services
	logTo    io.Writer

	mu     sync.Mutex
	askers map[string]*asker
	named  int

	// names and numbers of keys and identifiers, see client.go.
	numbers *numbers

	closing sync.Mutex
	closed  atomic.Bool
	running sync.WaitGroup
}

var (
	_ cluster.Network = (*Cluster)(nil)
	_ cluster.Gauge   = (*Cluster)(nil)
)

// start makes a cluster of a tailored target.
func start(ctx context.Context, t Target, o cluster.Options) (*Cluster, error) {
	claim, err := owner.Take(o.Run)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	c := &Cluster{
		claim: claim, program: t.program, kind: t.kind, logTo: o.Log, askers: map[string]*asker{},
		network: newNetwork(t.latency, o.Config.Seed), numbers: newNumbers(),
	}
	c.services = newServices(o.Config.Seed)
	err = c.startNodes(ctx, o)
	if err != nil {
		return nil, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	return c, nil
}

func (c *Cluster) startNodes(ctx context.Context, o cluster.Options) error {
	dir := filepath.Join(c.claim.Dir(), "maelstrom")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	count := o.Config.Nodes
	if count == 0 {
		count = defaultNodes
	}
	for i := range count {
		name := fmt.Sprintf("n%d", i+1)
		c.nodes = append(c.nodes, &Node{name: name, cluster: c, log: logPath(dir, name)})
	}
	for _, n := range c.nodes {
		if err := n.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Runtime implements cluster.Cluster.
func (c *Cluster) Runtime() string { return "local" }

// Nodes implements cluster.Cluster.
func (c *Cluster) Nodes() []cluster.Node {
	nodes := make([]cluster.Node, len(c.nodes))
	for i, n := range c.nodes {
		nodes[i] = n
	}
	return nodes
}

func (c *Cluster) names() []string {
	var names []string
	for _, n := range c.nodes {
		names = append(names, n.name)
	}
	return names
}

// Capabilities implements cluster.Cluster.
func (c *Cluster) Capabilities() cluster.Capabilities {
	errShared := errors.New("the programs share the machine, its clock and its disks")
	return cluster.Capabilities{
		cluster.CanKill: nil, cluster.CanPause: nil, cluster.CanStop: nil,
		cluster.CanPartition: nil, cluster.CanCutClients: nil,
		cluster.CanDelay: nil, cluster.CanLose: nil, cluster.CanNoise: nil, cluster.CanDuplicate: nil, cluster.CanReorder: nil,
		cluster.CanReject: errMessages, cluster.CanCutNew: errMessages, cluster.CanCorrupt: errMessages,
		cluster.CanLimit: errMessages, cluster.CanTamper: errMessages,
		cluster.CanThrottle: errShared, cluster.CanLimitMemory: errShared, cluster.CanStarve: errShared,
		cluster.CanClock: errShared, cluster.CanDisk: errShared,
	}
}

// route takes a message from a node. An error is one of the node's.
func (c *Cluster) route(m message) error {
	switch {
	case isClient(m.Dest):
		return c.toClient(m)
	case c.services.has(m.Dest):
		c.network.send(cluster.Link{From: m.Src, To: m.Dest}, func() { c.serve(m) })
		return nil
	}
	for _, n := range c.nodes {
		if n.name == m.Dest {
			c.network.send(cluster.Link{From: m.Src, To: m.Dest}, func() { n.deliver(m) })
			return nil
		}
	}
	return fmt.Errorf("it sent a message to %q, whom nobody knows", m.Dest)
}

// serve lets a service answer a node.
func (c *Cluster) serve(m message) {
	answer := c.services.answer(m)
	for _, n := range c.nodes {
		if n.name == m.Src {
			c.network.send(cluster.Link{From: m.Dest, To: m.Src}, func() { n.deliver(answer) })
		}
	}
}

// toClient passes an answer on. One who has gone does not hear it.
func (c *Cluster) toClient(m message) error {
	c.mu.Lock()
	a := c.askers[m.Dest]
	c.mu.Unlock()
	if a != nil {
		c.network.send(cluster.Link{From: m.Src, To: cluster.Clients}, func() { a.hear(m) })
	}
	return nil
}

// SetRules implements cluster.Network.
func (c *Cluster) SetRules(_ context.Context, r cluster.Rules) error {
	return c.network.setRules(r, func(l cluster.Link) bool {
		return slices.Contains(c.names(), l.To) && (l.From == cluster.Clients || slices.Contains(c.names(), l.From))
	})
}

// Reach implements cluster.Network: probes go the same way as messages.
func (c *Cluster) Reach(ctx context.Context) (map[cluster.Link]bool, error) {
	return each(ctx, c.runningLinks(), c.network.reaches)
}

// Measure implements cluster.Gauge.
func (c *Cluster) Measure(ctx context.Context, links []cluster.Link, _ string) (map[cluster.Link]cluster.Measurement, error) {
	up := c.runningLinks()
	wanted := slices.DeleteFunc(slices.Clone(links), func(l cluster.Link) bool { return !slices.Contains(up, l) })
	return each(ctx, wanted, c.network.measure)
}

// runningLinks are the links between nodes that run, and from clients to them.
func (c *Cluster) runningLinks() []cluster.Link {
	var links []cluster.Link
	for _, to := range c.nodes {
		if !to.lives() {
			continue
		}
		links = append(links, cluster.Link{From: cluster.Clients, To: to.name})
		for _, from := range c.nodes {
			if from != to && from.lives() {
				links = append(links, cluster.Link{From: from.name, To: to.name})
			}
		}
	}
	return links
}

// each asks about all links at once.
func each[V any](ctx context.Context, links []cluster.Link, ask func(context.Context, cluster.Link) (V, error)) (map[cluster.Link]V, error) {
	var (
		mu    sync.Mutex
		all   sync.WaitGroup
		found = map[cluster.Link]V{}
		errs  []error
	)
	for _, l := range links {
		all.Go(func() {
			v, err := ask(ctx, l)
			mu.Lock()
			defer mu.Unlock()
			found[l] = v
			if err != nil {
				errs = append(errs, fmt.Errorf("observe the link from %s to %s: %w", l.From, l.To, err))
			}
		})
	}
	all.Wait()
	return found, errors.Join(errs...)
}

// Close implements cluster.Cluster.
func (c *Cluster) Close(ctx context.Context) error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.closed.Swap(true) {
		return nil
	}
	for _, n := range c.nodes {
		if err := n.Kill(ctx); err != nil {
			return err
		}
	}
	c.running.Wait()
	c.network.close()
	return c.claim.Release()
}

// neighbours is a grid, as Maelstrom's own: each node and those beside, above and below.
func neighbours(names []string) map[string][]string {
	width := int(math.Ceil(math.Sqrt(float64(len(names)))))
	grid := map[string][]string{}
	for i, name := range names {
		grid[name] = []string{}
		for _, j := range []int{i - width, i + width} {
			if j >= 0 && j < len(names) {
				grid[name] = append(grid[name], names[j])
			}
		}
		if i%width > 0 {
			grid[name] = append(grid[name], names[i-1])
		}
		if i%width < width-1 && i+1 < len(names) {
			grid[name] = append(grid[name], names[i+1])
		}
	}
	return grid
}
