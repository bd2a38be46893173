package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// Cluster is a set of containers on a network of their own, and their agent. It
// implements cluster.Cluster and cluster.Network.
type Cluster struct {
	engine *Engine
	run    string
	claim  *owner.Claim
	labels map[string]string
	log    io.Writer

	network string
	// stranger is an address in the network that is nobody's but the engine's,
	// from where clients come.
	stranger netip.Addr
	// seed decides which packets are struck.
	seed         int64
	image        usedImage
	nodes        []*Node
	capabilities cluster.Capabilities

	// disks says that nodes have disks that can fail.
	disks bool

	// mu guards the rules, the clocks, the disks and their agent.
	mu    sync.Mutex
	rules cluster.Rules
	// lost are the links in rules that were without them for a while, because their
	// agent went.
	lost map[cluster.Link]bool
	// skews are the nodes' clocks; skewed is set once there was one. The agent that
	// was told keeps them up.
	skews   map[string]cluster.Skew
	skewed  bool
	keeping *agent
	// diskFaults are what the nodes' disks do wrong.
	diskFaults map[string]cluster.DiskFaults
	agent      *agent
	// sidecars take the place of the agent in a cluster that is network-only.
	sidecars *sidecars
	// closing is held by Close.
	closing sync.Mutex
}

var (
	_ cluster.Starter = (*Engine)(nil).Start
	_ cluster.Starter = (*Engine)(nil).StartNetworkOnly
	_ cluster.Cluster = (*Cluster)(nil)
	_ cluster.Network = (*Cluster)(nil)
	_ cluster.Noise   = (*Cluster)(nil)
	_ cluster.Gauge   = (*Cluster)(nil)
	_ cluster.Doors   = (*Cluster)(nil)
	_ cluster.Imaged  = (*Cluster)(nil)
	_ cluster.Node    = (*Node)(nil)
)

// Start implements cluster.Starter. The cluster holds the claim on its run until
// it is closed.
func (e *Engine) Start(ctx context.Context, o cluster.Options) (cluster.Cluster, error) {
	return e.start(ctx, o, false)
}

func (e *Engine) start(ctx context.Context, o cluster.Options, networkOnly bool) (cluster.Cluster, error) {
	labels, err := labels(o.Run)
	if err != nil {
		return nil, err
	}
	labels[labelTarget] = o.Target.Name()
	claim, err := owner.Take(o.Run)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		engine: e, run: o.Run, claim: claim, labels: labels,
		log:     &serialWriter{to: orDiscard(o.Log)},
		network: containerName(o.Run, "net"), seed: o.Config.Seed,
		disks: o.Disks && !networkOnly,
	}
	if networkOnly {
		c.sidecars = &sidecars{
			engine: e, run: o.Run, labels: labels, log: c.log, container: c.containerOf, at: map[string]*sidecar{},
		}
	}
	if err := c.start(ctx, o); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// start starts everything at the same time that does not need each other. Nodes
// whose disks can fail need the agent.
func (c *Cluster) start(ctx context.Context, o cluster.Options) error {
	specs, err := describe(o.Target, o.Config)
	if err != nil {
		return err
	}
	if c.disks {
		if err := c.startAgent(ctx); err != nil {
			return err
		}
		c.disks = c.capabilities.Supports(cluster.CanDisk) == nil
		return c.startNodes(ctx, specs)
	}
	everything, together := errgroup.WithContext(ctx)
	everything.Go(func() error { return c.startAgent(together) })
	everything.Go(func() error { return c.startNodes(together, specs) })
	if err := everything.Wait(); err != nil {
		return err
	}
	c.postSidecars(ctx)
	return nil
}

// postSidecars starts them before they are needed, so that the first fault strikes at
// once. What fails here is tried again, and told, when it is needed.
func (c *Cluster) postSidecars(ctx context.Context) {
	if c.sidecars == nil || c.capabilities.Supports(cluster.CanPartition) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.sidecars.muster(ctx, c.running(), false)
}

// startAgent starts the agent and asks it what works. A machine on which it does
// not work still has clusters, whose nodes can be killed and paused.
func (c *Cluster) startAgent(ctx context.Context) error {
	err := c.findOut(ctx)
	if err != nil {
		c.capabilities = withoutAgent(err)
	}
	maps.Copy(c.capabilities, c.engine.resources(ctx))
	if err != nil {
		c.capabilities[cluster.CanStarve] = err
	}
	if !c.disks && c.sidecars == nil {
		c.capabilities[cluster.CanDisk] = errNoDisks
	}
	return context.Cause(ctx)
}

// findOut finds out what works: the agent itself tries it, or one that is thrown away
// where nodes get agents of their own.
func (c *Cluster) findOut(ctx context.Context) (err error) {
	if c.sidecars != nil {
		c.capabilities, err = c.engine.tryNetworkOnly(ctx, c.run, c.labels, c.log)
		return err
	}
	a, err := c.engine.startAgent(ctx, containerName(c.run, roleAgent), c.labels, c.disks, c.log)
	if err != nil {
		return err
	}
	c.setAgent(a)
	c.capabilities, err = a.capabilities(ctx, protocol.Request{Operation: protocol.Check})
	return err
}

// containerOf is the container that a node runs in. Its caller holds mu.
func (c *Cluster) containerOf(node string) string {
	i := slices.IndexFunc(c.nodes, func(n *Node) bool { return n.spec.Name == node })
	return c.nodes[i].id
}

func (c *Cluster) setAgent(a *agent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.agent = a
}

func (c *Cluster) startNodes(ctx context.Context, specs []cluster.NodeSpec) error {
	images, err := c.images(ctx, specs)
	if err != nil {
		return err
	}
	if c.image, err = c.engine.used(ctx, images[0]); err != nil {
		return err
	}
	subnet, err := c.engine.createNetwork(ctx, c.network, c.labels)
	if err != nil {
		return fmt.Errorf("create the cluster's network: %w", err)
	}
	c.stranger = gateway(subnet)
	for i, spec := range specs {
		c.nodes = append(c.nodes, &Node{cluster: c, spec: spec, image: images[i], address: hostAddress(subnet, i)})
	}
	return c.createAll(ctx, c.hosts())
}

// images makes sure that all images are there, each once.
func (c *Cluster) images(ctx context.Context, specs []cluster.NodeSpec) ([]string, error) {
	known := map[string]string{}
	var images []string
	for _, spec := range specs {
		image, done := known[spec.Image.Reference]
		if !done {
			var err error
			if image, err = c.engine.EnsureImage(ctx, spec.Image, c.log); err != nil {
				return nil, fmt.Errorf("image of %s: %w", spec.Name, err)
			}
			known[spec.Image.Reference] = image
		}
		images = append(images, image)
	}
	return images, nil
}

// usedImage is the image that a cluster runs.
type usedImage struct{ reference, id string }

func (e *Engine) used(ctx context.Context, reference string) (usedImage, error) {
	id, err := e.ImageID(ctx, reference)
	return usedImage{reference, id}, err
}

// Image implements cluster.Imaged, for the first node's image. A preferred image,
// or one by content, has another reference than the target's.
func (c *Cluster) Image() (reference, id string) { return c.image.reference, c.image.id }

// Runtime implements cluster.Cluster.
func (c *Cluster) Runtime() string { return "docker" }

// Nodes implements cluster.Cluster.
func (c *Cluster) Nodes() []cluster.Node { return c.those(false) }

// Beside implements cluster.Company.
func (c *Cluster) Beside() []cluster.Node { return c.those(true) }

func (c *Cluster) those(aside bool) []cluster.Node {
	var nodes []cluster.Node
	for _, n := range c.nodes {
		if n.spec.Container.Aside == aside {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Capabilities implements cluster.Cluster.
func (c *Cluster) Capabilities() cluster.Capabilities { return maps.Clone(c.capabilities) }

// Close implements cluster.Cluster. It waits for its turn for half a minute at most, and
// takes as long again, whatever the context; its error names what could not be removed.
func (c *Cluster) Close(ctx context.Context) error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.claim == nil {
		return nil
	}
	if err := c.engine.inTurn(context.WithoutCancel(ctx), func() error {
		ctx, cancel := uninterrupted(ctx, removingTakes)
		defer cancel()
		c.dismissAgent()
		return c.engine.removeRun(ctx, c.run)
	}); err != nil {
		return fmt.Errorf("close the cluster of run %s (`assay clean` removes the rest): %w", c.run, err)
	}
	err := c.claim.Release()
	c.claim = nil
	return err
}

func (c *Cluster) dismissAgent() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.breaker(); b != nil {
		b.hangUp()
	}
}

func containerName(run, what string) string { return "assay-" + run + "-" + what }

// serialWriter lets nodes that start at the same time log whole lines.
type serialWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *serialWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
