package docker

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/docker/docker/api/types/container"
	"golang.org/x/sync/errgroup"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// sidecars are agents of which each stands in the network of one node and sees nothing
// else. One of a node that was started again is started when it is needed. Their
// methods are called by who holds the cluster's mu.
type sidecars struct {
	engine *Engine
	run    string
	labels map[string]string
	log    io.Writer
	// container is the container that a node runs in.
	container func(node string) string
	at        map[string]*sidecar
}

var _ breaker = (*sidecars)(nil)

// sidecar is an agent in one incarnation of a node: a node that is started again has
// another network, and its old one is nobody's.
type sidecar struct {
	*agent
	incarnation string
	// ruled says that it was given rules and not asked to lift them.
	ruled bool
}

// sidecarConfig gives a sidecar the privilege to make rules and nothing else.
func sidecarConfig(image string, labels map[string]string, network container.NetworkMode) (*container.Config, *container.HostConfig) {
	config, host := agentConfig(image, labels)
	host.PidMode, host.UsernsMode = "", ""
	host.CapAdd = toRuleAlone
	host.SecurityOpt = []string{"no-new-privileges"}
	host.NetworkMode = network
	return config, host
}

// ask does with all sidecars what a single agent does alone.
func (s *sidecars) ask(ctx context.Context, q protocol.Request) (protocol.Response, error) {
	if q.Operation == protocol.Rules {
		return protocol.Response{}, s.rule(ctx, q.Nodes)
	}
	observe := map[protocol.Operation]func(context.Context, protocol.Request) (protocol.Response, error){
		protocol.Reach: s.reach, protocol.Count: s.count, protocol.Measure: s.measure, protocol.Knock: s.knock,
	}[q.Operation]
	if observe == nil {
		return protocol.Response{}, fmt.Errorf("%s: %w", q.Operation, errNetworkOnly)
	}
	if err := s.muster(ctx, q.Nodes, false); err != nil {
		return protocol.Response{}, err
	}
	return observe(ctx, q)
}

// rule makes exactly these rules hold at nodes. A node without any needs no sidecar.
func (s *sidecars) rule(ctx context.Context, nodes []protocol.Node) error {
	s.dismissOthers(nodes)
	var concerned []protocol.Node
	for _, n := range nodes {
		if len(n.Rules) > 0 || s.stands(n) {
			concerned = append(concerned, n)
		} else if before := s.at[n.Name]; before != nil {
			before.ruled = false // the kernel has removed them
		}
	}
	if err := s.muster(ctx, concerned, true); err != nil {
		return err
	}
	for _, n := range concerned {
		s.at[n.Name].ruled = len(n.Rules) > 0
	}
	_, err := s.askEach(ctx, concerned, func(n protocol.Node) protocol.Request {
		return protocol.Request{Operation: protocol.Rules, Nodes: []protocol.Node{own(n)}}
	})
	return err
}

// own is a node as its sidecar sees it.
func own(n protocol.Node) protocol.Node {
	n.PID = 0
	return n
}

// stands says whether a node's sidecar lives, in the network that the node has.
func (s *sidecars) stands(n protocol.Node) bool {
	found := s.at[n.Name]
	return found != nil && found.incarnation == n.Incarnation && !found.agent.gone()
}

// dismissOthers ends the sidecars of nodes that do not run.
func (s *sidecars) dismissOthers(nodes []protocol.Node) {
	for name, found := range s.at {
		if !slices.ContainsFunc(nodes, func(n protocol.Node) bool { return n.Name == name }) {
			found.hangUp()
			found.ruled = false
		}
	}
}

// muster sees to it that each of the nodes has a sidecar. The place of one that died
// with its rules is filled only if it is to get its rules anew.
func (s *sidecars) muster(ctx context.Context, nodes []protocol.Node, anew bool) error {
	absent := slices.DeleteFunc(slices.Clone(nodes), s.stands)
	for _, n := range absent {
		before := s.at[n.Name]
		if before != nil && before.ruled && before.incarnation == n.Incarnation && !anew {
			return fmt.Errorf("%s: %w", n.Name, errAgentGone)
		}
	}
	made := make([]*sidecar, len(absent))
	all, ctx := errgroup.WithContext(ctx)
	for i, n := range absent {
		all.Go(func() (err error) {
			made[i], err = s.post(ctx, n, s.at[n.Name])
			return err
		})
	}
	err := all.Wait()
	for i, n := range absent {
		if made[i] != nil {
			s.at[n.Name] = made[i]
		}
	}
	return err
}

// post starts a sidecar in the place of the one before, if there was one.
func (s *sidecars) post(ctx context.Context, n protocol.Node, before *sidecar) (*sidecar, error) {
	if before != nil {
		before.hangUp()
		if err := s.engine.removeContainer(ctx, before.id); err != nil {
			return nil, fmt.Errorf("remove the old agent of %s: %w", n.Name, err)
		}
	}
	image, err := s.engine.EnsureImage(ctx, agentImage, s.log)
	if err != nil {
		return nil, fmt.Errorf("image of the agent: %w", err)
	}
	labels := maps.Clone(s.labels)
	labels[labelNode] = n.Name
	config, host := sidecarConfig(image, labels, container.NetworkMode("container:"+s.container(n.Name)))
	a, err := s.engine.startHelper(ctx, containerName(s.run, roleAgent+"-"+n.Name), config, host)
	if err != nil {
		return nil, fmt.Errorf("agent of %s: %w", n.Name, err)
	}
	return &sidecar{agent: a, incarnation: n.Incarnation}, nil
}

// askEach asks the sidecars of nodes at the same time, and returns their answers in the
// order of the nodes.
func (s *sidecars) askEach(ctx context.Context, nodes []protocol.Node, q func(protocol.Node) protocol.Request) ([]protocol.Response, error) {
	answers := make([]protocol.Response, len(nodes))
	var all errgroup.Group
	for i, n := range nodes {
		all.Go(func() (err error) {
			if answers[i], err = s.at[n.Name].ask(ctx, q(n)); err != nil {
				return fmt.Errorf("%s: %w", n.Name, err)
			}
			return nil
		})
	}
	return answers, all.Wait()
}

// gone says whether a sidecar has been found dead that was given rules.
func (s *sidecars) gone() bool {
	return s.any(func(c *sidecar) bool { return c.ruled && c.agent.gone() })
}

// idle says that no sidecar was given rules. One that died with them still has to be
// told that they were lifted.
func (s *sidecars) idle() bool {
	return !s.any(func(c *sidecar) bool { return c.ruled })
}

func (s *sidecars) any(is func(*sidecar) bool) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(s.at)), is)
}

func (s *sidecars) hangUp() {
	for _, c := range s.at {
		c.agent.hangUp()
	}
}

// program is the container of the sidecar of a node, from which the agent's program can
// be taken.
func (s *sidecars) program(ctx context.Context, n protocol.Node) (id string, err error) {
	if err := s.muster(ctx, []protocol.Node{n}, false); err != nil {
		return "", err
	}
	return s.at[n.Name].id, nil
}
