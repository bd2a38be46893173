package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/hunger"
)

var _ cluster.Starvable = (*Node)(nil)

const (
	// room is what a node that is to starve gets beyond what it has: enough for the
	// program that eats it up to start, little enough to be eaten in no time.
	room = 16 << 20
	// starving is how long that takes at most.
	starving = 8 * time.Second
	// eaterProgram is the agent's executable in such a node, until it runs.
	eaterProgram = "/assay-eat"
)

// Starve implements cluster.Starvable. A limit alone kills nobody who is content
// with what he has, and is refused where it is less than that. So the limit is set a
// little above, and a program in the node takes the rest.
func (n *Node) Starve(ctx context.Context) error {
	victim := n.cluster.remembered(n)
	if err := n.starve(ctx); err != nil {
		return fmt.Errorf("starve %s: %w", n.spec.Name, err)
	}
	n.cluster.farewell(n, victim)
	return nil
}

func (n *Node) starve(ctx context.Context) error {
	usage, err := n.usage(ctx)
	if err != nil {
		return err
	}
	if err := n.giveProgram(ctx, eaterProgram); err != nil {
		return err
	}
	if err := n.SetLimits(ctx, cluster.Limits{Memory: usage.Memory + room}); err != nil {
		return err
	}
	if err := n.run(ctx, eaterProgram, hunger.Eat, strconv.Itoa(2*room)); err != nil {
		return err
	}
	if err := n.awaitEnd(ctx, starving); err != nil {
		return errors.Join(errors.New("the kernel did not kill it"), err)
	}
	return nil
}

// giveProgram copies the agent's executable from its container to the node's.
func (n *Node) giveProgram(ctx context.Context, path string) error {
	id, err := n.cluster.helperOf(ctx, n)
	if err != nil {
		return err
	}
	archive, _, err := n.cluster.engine.api.CopyFromContainer(ctx, id, agentImage.Recipe.Entrypoint())
	if err != nil {
		return fmt.Errorf("take the agent's program: %w", err)
	}
	defer archive.Close()
	renamed, written := io.Pipe()
	go func() { written.CloseWithError(rename(archive, path, written)) }()
	defer renamed.Close() // ends the goroutine if the engine has not read it all
	return n.cluster.engine.api.CopyToContainer(ctx, n.id, "/", renamed, container.CopyToContainerOptions{})
}

// helperOf is the container of an agent that lives: the node's own where it has one.
func (c *Cluster) helperOf(ctx context.Context, n *Node) (id string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sidecars != nil {
		return c.sidecars.program(ctx, c.asRunning(n))
	}
	if err := c.ensureAgent(ctx); err != nil {
		return "", err
	}
	return c.agent.id, nil
}

// run runs a program in the node, as its superuser, and does not wait for it.
func (n *Node) run(ctx context.Context, program string, args ...string) error {
	api := n.cluster.engine.api
	made, err := api.ContainerExecCreate(ctx, n.id, container.ExecOptions{User: "0", Cmd: append([]string{program}, args...)})
	if err == nil {
		err = api.ContainerExecStart(ctx, made.ID, container.ExecStartOptions{Detach: true})
	}
	return err
}

// Starved implements cluster.Starvable.
func (n *Node) Starved(ctx context.Context) (bool, error) {
	found, err := n.inspect(ctx)
	if err != nil {
		return false, fmt.Errorf("state of %s: %w", n.spec.Name, err)
	}
	return !found.State.Running && found.State.OOMKilled, nil
}
