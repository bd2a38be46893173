package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// NetworkOnly is the name of the way to break clusters with no other privilege than
// NET_ADMIN in the nodes' own networks, for engines on which agents may have no more.
const NetworkOnly = "network-only"

// toRuleAlone is all that the agents of a cluster have that is network-only.
var toRuleAlone = []string{"NET_ADMIN"}

var (
	errNetworkOnly = errors.New("the agents are network-only: each may make rules in the network of its node, and nothing else")
	errNoClock     = errors.New("agents that are network-only neither see nor may change processes of nodes; it takes SYS_PTRACE and the engine's process namespace: leave out --agent network-only")
	errNoDisk      = errors.New("agents that are network-only cannot put a layer over the folders of nodes; it takes SYS_ADMIN and " + fuseDevice + ": leave out --agent network-only")
	errNoCopies    = errors.New("agents that are network-only cannot send copies of packets; it takes NET_RAW: leave out --agent network-only")
)

// StartNetworkOnly implements cluster.Starter, as Start does. Its clusters have an agent
// beside each node that shares its network, may make rules there (NET_ADMIN), and has no
// other privilege: it sees no process but its own.
func (e *Engine) StartNetworkOnly(ctx context.Context, o cluster.Options) (cluster.Cluster, error) {
	return e.start(ctx, o, true)
}

// NetworkOnlyAtBest is what can be done to clusters that are network-only, on an engine
// that lacks nothing.
func NetworkOnlyAtBest() cluster.Capabilities {
	all := withAgent(func(string) error { return nil })
	for _, what := range []cluster.Capability{cluster.CanThrottle, cluster.CanLimitMemory, cluster.CanStarve} {
		all[what] = nil
	}
	return withoutPrivileges(all)
}

// withoutPrivileges says why something cannot be there that NET_ADMIN is not enough
// for.
func withoutPrivileges(c cluster.Capabilities) cluster.Capabilities {
	c[cluster.CanClock], c[cluster.CanDisk], c[cluster.CanDuplicate] = errNoClock, errNoDisk, errNoCopies
	return c
}

// ProbeNetworkOnly finds out what can be done to the networks of clusters that are
// network-only: a throw-away agent with their privileges really does it.
func (e *Engine) ProbeNetworkOnly(ctx context.Context) (found cluster.Capabilities, err error) {
	run := "probe-" + strings.ToLower(rand.Text()[:8])
	labels, err := labels(run)
	if err != nil {
		return nil, err
	}
	claim, err := owner.Take(run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, claim.Release()) }()
	return e.tryNetworkOnly(ctx, run, labels, io.Discard)
}

// tryNetworkOnly lets an agent try in a network of its own what it could do in a node's,
// and removes it.
func (e *Engine) tryNetworkOnly(ctx context.Context, run string, labels map[string]string, log io.Writer) (cluster.Capabilities, error) {
	image, err := e.EnsureImage(ctx, agentImage, log)
	if err != nil {
		return nil, err
	}
	config, host := sidecarConfig(image, labels, "none")
	a, err := e.startHelper(ctx, containerName(run, "trial"), config, host)
	if err != nil {
		return nil, err
	}
	found, err := a.capabilities(ctx, protocol.Request{Operation: protocol.Check, Alone: true})
	if err == nil {
		found = withoutPrivileges(found)
	}
	return found, errors.Join(err, e.dismiss(ctx, a))
}

// dismiss ends an agent and removes its container.
func (e *Engine) dismiss(ctx context.Context, a *agent) error {
	return e.inTurn(context.WithoutCancel(ctx), func() error {
		undo, cancel := uninterrupted(ctx, removingTakes)
		defer cancel()
		a.hangUp()
		return e.removeContainer(undo, a.id)
	})
}
