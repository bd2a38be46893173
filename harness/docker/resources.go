package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/hunger"
)

// resources are the capabilities that rest on the engine's control groups, as it
// describes itself.
func (e *Engine) resources(ctx context.Context) cluster.Capabilities {
	info, err := e.api.Info(ctx)
	if err == nil {
		e.total.Store(info.MemTotal)
	}
	return cluster.Capabilities{
		cluster.CanThrottle:    unlessGranted(info.CPUCfsQuota, "a quota of CPU", err),
		cluster.CanLimitMemory: unlessGranted(info.MemoryLimit, "a limit of memory", err),
		cluster.CanStarve:      unlessGranted(info.MemoryLimit, "a limit of memory", err),
	}
}

func unlessGranted(granted bool, what string, err error) error {
	if err == nil && !granted {
		return fmt.Errorf("the engine cannot give containers %s; its control groups lack it", what)
	}
	return err
}

// probeResources really does it all, to containers made to be thrown away.
func (e *Engine) probeResources(ctx context.Context, g guest) cluster.Capabilities {
	found := e.resources(ctx)
	for what, try := range map[cluster.Capability]trial{
		cluster.CanKill:        e.tryKill,
		cluster.CanPause:       e.tryPause,
		cluster.CanStop:        e.tryStop,
		cluster.CanThrottle:    e.tryThrottle,
		cluster.CanLimitMemory: e.tryMemory,
		cluster.CanStarve:      e.tryStarve,
	} {
		if found[what] == nil {
			g.name = string(what)
			found[what] = try(ctx, g)
		}
	}
	return found
}

// tryThrottle rations a program that never rests.
func (e *Engine) tryThrottle(ctx context.Context, g guest) error {
	n, err := e.throwAway(ctx, g, container.Resources{}, hunger.Spin)
	if err != nil {
		return err
	}
	if err := n.SetLimits(ctx, cluster.Limits{CPU: 0.1}); err != nil {
		return err
	}
	return probed(ctx, func() (bool, error) {
		usage, err := n.usage(ctx)
		return usage.Periods > 0, err
	}, "the kernel does not ration its CPU")
}

func (e *Engine) tryMemory(ctx context.Context, g guest) error {
	n, err := e.throwAway(ctx, g, container.Resources{}, hunger.Spin)
	if err != nil {
		return err
	}
	const limit = 64 << 20
	if err := n.SetLimits(ctx, cluster.Limits{Memory: limit}); err != nil {
		return err
	}
	return probed(ctx, func() (bool, error) {
		usage, err := n.usage(ctx)
		return usage.Limits.Memory == limit, err
	}, "the kernel does not limit its memory")
}

func (e *Engine) tryStarve(ctx context.Context, g guest) error {
	limited := container.Resources{Memory: room, MemorySwap: room}
	n, err := e.throwAway(ctx, g, limited, hunger.Eat, strconv.Itoa(2*room))
	if err != nil {
		return err
	}
	return probed(ctx, func() (bool, error) { return n.Starved(ctx) }, "the kernel did not kill a program that took too much memory")
}

// guest is a container that is made to be thrown away. It shares the network of another
// one, its host, so that its end takes nothing off any network: see inTurn.
type guest struct {
	run    string
	labels map[string]string
	host   string
	name   string
}

// throwAway starts a container of the agent's image that is no agent.
func (e *Engine) throwAway(ctx context.Context, g guest, r container.Resources, args ...string) (*Node, error) {
	image, err := e.EnsureImage(ctx, agentImage, orDiscard(nil))
	if err != nil {
		return nil, fmt.Errorf("image of the agent: %w", err)
	}
	labels := maps.Clone(g.labels)
	labels[labelRole] = roleProbe
	config := &container.Config{Image: image, Labels: labels, Cmd: args}
	host := &container.HostConfig{NetworkMode: container.NetworkMode("container:" + g.host), CapDrop: []string{"ALL"}, Resources: r, LogConfig: container.LogConfig{Type: "none"}}
	n := &Node{cluster: &Cluster{engine: e}, spec: cluster.NodeSpec{Name: "the container"}}
	if n.id, err = e.createContainer(ctx, containerName(g.run, g.name), config, host, nil); err != nil {
		return nil, err
	}
	return n, e.api.ContainerStart(ctx, n.id, container.StartOptions{})
}

// probed waits a while for something to be seen.
func probed(ctx context.Context, seen func() (bool, error), otherwise string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, probing, errors.New(otherwise))
	defer cancel()
	return eventually(ctx, seen)
}

// probing bounds how long an effect may take to be seen.
const probing = 20 * time.Second
