//go:build unix

// Package local makes clusters of child processes on loopback, for machines
// without Docker: every process and every fault is real, only the network
// between the nodes goes through this process, which breaks it where it is told
// to. The children end with this process, and what a killed one left behind
// Clean removes. It isolates nothing: nodes share the machine's clock, disk and
// file systems.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
)

// defaultNodes is how many nodes a cluster has if nobody said.
const defaultNodes = 3

// processes is a cluster.Cluster and cluster.Network of child processes.
type processes struct {
	claim   *owner.Claim
	dir     string
	nodes   []*node
	layout  *layout
	network *network

	closing sync.Mutex
	closed  bool
}

var (
	_ cluster.Starter = Start
	_ cluster.Network = (*processes)(nil)
	_ cluster.Noise   = (*processes)(nil)
	_ cluster.Gauge   = (*processes)(nil)
	_ cluster.Stopper = (*node)(nil)
)

// Start is a cluster.Starter. The cluster holds the claim on its run until it is
// closed: the nodes live in the run's scratch folder.
func Start(ctx context.Context, o cluster.Options) (cluster.Cluster, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Config.Nodes == 0 {
		o.Config.Nodes = defaultNodes
	}
	c, err := prepare(ctx, o)
	if err == nil {
		err = c.start(ctx, o.Log)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	return c, nil
}

// prepare makes everything but the processes. It returns a cluster that has to
// be closed also with an error.
func prepare(ctx context.Context, o cluster.Options) (*processes, error) {
	c := &processes{network: newNetwork(o.Config.Seed)}
	claim, err := owner.Take(o.Run)
	if err != nil {
		return c, err
	}
	c.claim, c.dir = claim, filepath.Join(claim.Dir(), folderName)
	c.layout = newLayout(o.Run, c.dir, o.Config.Nodes, c.network)
	specs, err := specsOf(o, c.layout)
	if err != nil {
		return c, err
	}
	for _, spec := range specs {
		n, err := newNode(o.Run, spec, c.layout)
		if err != nil {
			return c, err
		}
		c.nodes = append(c.nodes, n)
	}
	return c, c.network.watch(ctx, c.layout.Names())
}

// specsOf asks the target for its nodes and refuses what cannot run here.
func specsOf(o cluster.Options, l *layout) ([]cluster.NodeSpec, error) {
	specs, err := o.Target.Nodes(o.Config, l)
	if err == nil {
		err = l.failed()
	}
	if err != nil {
		return nil, fmt.Errorf("lay out %s: %w", o.Target.Name(), err)
	}
	if len(specs) != len(l.Names()) {
		return nil, fmt.Errorf("lay out %s: %d nodes were described, not %d", o.Target.Name(), len(specs), len(l.Names()))
	}
	for i, spec := range specs {
		if spec.Name != l.Names()[i] {
			return nil, fmt.Errorf("lay out %s: node %d is called %q, not %q", o.Target.Name(), i+1, spec.Name, l.Names()[i])
		}
		if len(spec.Program) == 0 {
			return nil, fmt.Errorf("%s cannot run as child processes, it needs Docker: use --runtime docker", o.Target.Name())
		}
	}
	return specs, nil
}

func (c *processes) start(ctx context.Context, log io.Writer) error {
	for _, n := range c.nodes {
		if err := n.Start(ctx); err != nil {
			return err
		}
		fmt.Fprintf(log, "%s: started %s\n", n.name, strings.Join(n.spec.Program, " "))
	}
	return nil
}

func (c *processes) Runtime() string { return "local" }

func (c *processes) Nodes() []cluster.Node {
	nodes := make([]cluster.Node, len(c.nodes))
	for i, n := range c.nodes {
		nodes[i] = n
	}
	return nodes
}

// errClock is why a node here has no clock of its own: only the agent, which the
// docker runtime has, may write into the memory of others.
var errClock = errors.New("the processes of this runtime share the machine's clock; it can be changed in containers (--runtime docker)")

// errDisk is why a node here has no disk that can fail: a process without a mount
// namespace of its own cannot get another disk without everybody's getting it, and
// what it did not sync the operating system keeps, whoever kills it.
var errDisk = errors.New("the processes of this runtime share the machine's mounts; disks can be broken in containers (--runtime docker)")

// errLimits is why a node here gets all that the machine has.
var errLimits = errors.New("only containers can be given less of the machine: use --runtime docker")

func (c *processes) Capabilities() cluster.Capabilities { return Capabilities() }

// Capabilities are those of every cluster here.
func Capabilities() cluster.Capabilities {
	return cluster.Capabilities{
		cluster.CanKill: nil, cluster.CanPause: nil, cluster.CanStop: nil, cluster.CanPartition: nil, cluster.CanCorrupt: nil,
		cluster.CanDelay: nil, cluster.CanLimit: nil, cluster.CanLose: nil, cluster.CanNoise: nil,
		cluster.CanDuplicate: errHidden, cluster.CanReorder: errHidden, cluster.CanTamper: errStream,
		cluster.CanReject: errContainers, cluster.CanCutNew: errContainers, cluster.CanCutClients: errContainers,
		cluster.CanThrottle: errLimits, cluster.CanLimitMemory: errLimits, cluster.CanStarve: errLimits,
		cluster.CanClock: errClock, cluster.CanDisk: errDisk,
	}
}

func (c *processes) SetRules(_ context.Context, r cluster.Rules) error {
	return c.network.setRules(r)
}

// Reach sends one byte over each link and sees whether it arrives. The bytes
// pass the same gates as those of the nodes.
func (c *processes) Reach(ctx context.Context) (map[cluster.Link]bool, error) {
	up, err := c.up(ctx)
	if err != nil {
		return nil, err
	}
	return c.network.reach(ctx, func(l cluster.Link) bool { return up[l.From] && up[l.To] })
}

// up are the nodes that run, paused ones too.
func (c *processes) up(ctx context.Context) (map[string]bool, error) {
	up := make(map[string]bool)
	for _, n := range c.nodes {
		state, err := n.State(ctx)
		if err != nil {
			return nil, err
		}
		up[n.name] = state == cluster.Running || state == cluster.Paused
	}
	return up, nil
}

// Measure sends bytes over links, through the same gates as those of the nodes. A
// packet that had to be sent again counts as one that did not arrive.
func (c *processes) Measure(ctx context.Context, links []cluster.Link, _ string) (map[cluster.Link]cluster.Measurement, error) {
	up, err := c.up(ctx)
	if err != nil {
		return nil, err
	}
	down := func(l cluster.Link) bool { return !up[l.From] || !up[l.To] }
	return c.network.measure(ctx, slices.DeleteFunc(slices.Clone(links), down))
}

// Corrupted counts the packets that were changed under the present rules.
func (c *processes) Corrupted(context.Context) (map[cluster.Link]uint64, error) {
	return c.network.corrupted(), nil
}

// Close ends all nodes and removes their data. After an error it can be called
// again.
func (c *processes) Close(ctx context.Context) error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.closed {
		return nil
	}
	var errs []error
	for _, n := range c.nodes {
		errs = append(errs, n.retire(ctx))
	}
	c.network.close()
	if c.layout != nil {
		c.layout.release()
		errs = append(errs, os.RemoveAll(c.dir))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	c.closed = true
	if c.claim == nil {
		return nil
	}
	return c.claim.Release()
}
