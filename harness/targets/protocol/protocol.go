// Package protocol makes a target of every protocol in harness/protocols that offers a
// service: a cluster of real processes, in containers or on loopback, that clients
// work on while faults strike it. The nodes run the very code that is explored and
// simulated. Programs, images and the way to speak to a node are the demo's.
package protocol

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/harness/targets/demo"
)

// Target is a protocol as a system under test. It implements cluster.Target.
type Target struct {
	protocol protocols.Protocol
	nodes    demo.Target
}

var (
	_ cluster.Target     = Target{}
	_ cluster.Restricted = Target{}
	_ world.Target       = Target{}
)

// All are the protocols that offer a service.
func All() []cluster.Target {
	var all []cluster.Target
	for _, p := range protocols.All() {
		if p.Service != nil {
			all = append(all, New(p, demo.New()))
		}
	}
	return all
}

// New is the target of a protocol, whose nodes are started as those of a demo.
func New(p protocols.Protocol, nodes demo.Target) Target { return Target{p, nodes} }

// Name implements cluster.Target.
func (t Target) Name() string { return t.protocol.Name }

// About implements cluster.Target.
func (t Target) About() string { return t.protocol.About }

// Settings implements cluster.Target.
func (t Target) Settings() []cluster.Setting { return t.protocol.Settings }

// Restrictions implements cluster.Restricted.
func (t Target) Restrictions(workload string) map[string]string {
	return t.protocol.Service.Restrictions[workload]
}

// Nodes implements cluster.Target: the demo's nodes, told to run another protocol.
func (t Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	specs, err := t.nodes.Nodes(cluster.Config{Nodes: cfg.Nodes, Image: cfg.Image, Seed: cfg.Seed}, at)
	if err != nil {
		return nil, err
	}
	for i := range specs {
		specs[i].Args = append(specs[i].Args, "--protocol="+t.protocol.Name)
		for _, key := range slices.Sorted(maps.Keys(cfg.Settings)) {
			specs[i].Args = append(specs[i].Args, "--set="+key+"="+cfg.Settings[key])
		}
	}
	return specs, nil
}

// Program implements world.Target: the protocols can be simulated.
func (t Target) Program(cfg cluster.Config) (world.Program, error) {
	node, err := t.protocol.Service.Make(cfg.Settings)
	if err != nil {
		return nil, err
	}
	return node.Program()
}

// pause is the time between two rounds of questions while the cluster gets ready,
// patience how long one may take.
const (
	pause    = 20 * time.Millisecond
	patience = time.Second
)

// Ready implements cluster.Target: every node answers a request that changes nothing.
func (t Target) Ready(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	for {
		err := t.probeAll(ctx, c, cfg)
		if err == nil {
			return nil
		}
		if !clock.Sleep(ctx, pause) {
			return fmt.Errorf("%w; last seen: %w", ctx.Err(), err)
		}
	}
}

func (t Target) probeAll(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	for _, node := range c.Nodes() {
		if err := t.probe(ctx, node, cfg); err != nil {
			return fmt.Errorf("%s: %w", node.Name(), err)
		}
	}
	return nil
}

func (t Target) probe(ctx context.Context, node cluster.Node, cfg cluster.Config) error {
	ctx, cancel := clock.WithTimeout(ctx, patience)
	defer cancel()
	client, err := t.dial(ctx, node, cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	_, _, err = client.Call(ctx, t.protocol.Service.Probe.F, "ready", nil)
	return err
}
