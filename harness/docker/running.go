package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// process is a node's first process; the zero value is none.
type process struct {
	pid     int
	started string
}

// note remembers what the engine says of a node. Its caller holds the cluster's
// mu.
func (n *Node) note(s *container.State) {
	n.process = process{}
	if s.Running {
		n.process = process{pid: s.Pid, started: s.StartedAt}
	}
}

// remembered is the process that a node is remembered to run.
func (c *Cluster) remembered(n *Node) process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return n.process
}

// farewell takes note of a process that was killed or has ended, unless its node has been
// started again already.
func (c *Cluster) farewell(n *Node, ended process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.process == ended {
		n.process = process{}
	}
}

// withRunning calls f with the nodes that run. Which ones that are is remembered,
// because the engine answers no question about a container while it starts or
// kills it. A node that has ended by itself makes f fail: then the engine is asked,
// and f is called again. Its caller holds mu.
func (c *Cluster) withRunning(ctx context.Context, f func([]protocol.Node) error) error {
	var err error
	for range attempts {
		if err = f(c.running()); err == nil || errors.Is(err, errAgentGone) {
			return err
		}
		if lookErr := c.look(ctx); lookErr != nil {
			return errors.Join(err, lookErr)
		}
		time.Sleep(poll) // the engine itself takes a moment to notice an end
	}
	return err
}

// running are the nodes that run, with the rules for each.
func (c *Cluster) running() []protocol.Node {
	var nodes []protocol.Node
	for _, n := range c.nodes {
		if n.process.pid == 0 {
			continue
		}
		nodes = append(nodes, c.asRunning(n))
	}
	return nodes
}

// asRunning is a node that runs, with its rules.
func (c *Cluster) asRunning(n *Node) protocol.Node {
	node := c.rulesOf(n)
	node.PID = n.process.pid
	node.Incarnation = n.id + " " + n.process.started
	return node
}

// look asks the engine which of the nodes that ran still run. Others are not asked
// about: they may be about to be made.
func (c *Cluster) look(ctx context.Context) error {
	for _, n := range c.nodes {
		if n.process.pid == 0 {
			continue
		}
		found, err := n.inspect(ctx)
		if err != nil {
			return fmt.Errorf("inspect %s: %w", n.spec.Name, err)
		}
		n.note(found.State)
	}
	return nil
}
