package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/gobuild"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// agentPatience bounds the wait for an answer, which takes milliseconds, diskPatience
// that for an operation that may read and write all files of nodes.
const (
	agentPatience = 10 * time.Second
	diskPatience  = time.Minute
)

func patience(o protocol.Operation) time.Duration {
	switch o {
	case protocol.LookAtDisks, protocol.Power, protocol.Damage:
		return diskPatience
	}
	return agentPatience
}

var agentImage = cluster.Image{
	Reference: "assay/agent:latest",
	Recipe:    gobuild.Own{Package: "cmd/assay-agent", Path: "/assay-agent"},
}

// breaker makes the rules of nodes hold and looks at their links: one agent for all of
// them, or one at each.
type breaker interface {
	ask(ctx context.Context, q protocol.Request) (protocol.Response, error)
	// gone says whether it has been found dead, and rules with it.
	gone() bool
	// idle says that no rules can hold any more.
	idle() bool
	hangUp()
}

// agent is the helper container of a cluster and the line to it. It is attached
// to its standard input and output, so that it needs no network, works whatever
// the state of the nodes, and ends with this process.
type agent struct {
	id string

	mu      sync.Mutex
	line    types.HijackedResponse
	stdout  *io.PipeReader
	answers *json.Decoder
	// complaints is what it printed on standard error. It is read only after
	// demultiplexed is closed.
	complaints    *bytes.Buffer
	demultiplexed chan struct{}
	broken        error
}

// startAgent starts an agent and waits until it answers.
func (e *Engine) startAgent(ctx context.Context, name string, labels map[string]string, disks bool, log io.Writer) (*agent, error) {
	image, err := e.EnsureImage(ctx, agentImage, log)
	if err != nil {
		return nil, fmt.Errorf("image of the agent: %w", err)
	}
	config, host := agentConfig(image, labels)
	if disks {
		agentForDisks(host)
	}
	return e.startHelper(ctx, name, config, host)
}

// startHelper starts a container of the agent's image and waits until it answers.
func (e *Engine) startHelper(ctx context.Context, name string, config *container.Config, host *container.HostConfig) (*agent, error) {
	id, err := e.createContainer(ctx, name, config, host, nil)
	if err != nil {
		return nil, fmt.Errorf("create the agent: %w", err)
	}
	a, err := e.callAgent(ctx, id)
	if err != nil {
		undo, cancel := uninterrupted(ctx, removingTakes)
		defer cancel()
		return nil, errors.Join(err, e.removeContainer(undo, id))
	}
	return a, nil
}

// agentConfig gives the agent what it needs: to see the processes of the nodes
// (the engine's process namespace and SYS_PTRACE), also those of other users
// (DAC_OVERRIDE), to enter their networks (SYS_ADMIN), to make rules there
// (NET_ADMIN), and to send copies of packets (NET_RAW). It has no network itself.
func agentConfig(image string, labels map[string]string) (*container.Config, *container.HostConfig) {
	labels = maps.Clone(labels)
	labels[labelRole] = roleAgent
	config := &container.Config{
		Image: image, Labels: labels,
		OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	}
	host := &container.HostConfig{
		PidMode: "host", NetworkMode: "none", UsernsMode: "host",
		CapDrop: []string{"ALL"}, CapAdd: []string{"SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN", "NET_RAW", "DAC_OVERRIDE"},
		// Profiles that confine containers to themselves would hide the nodes.
		SecurityOpt:    []string{"apparmor=unconfined", "label=disable"},
		ReadonlyRootfs: true, AutoRemove: true,
		LogConfig: container.LogConfig{Type: "none"},
	}
	return config, host
}

// callAgent attaches before the start, so that nothing is missed.
func (e *Engine) callAgent(ctx context.Context, id string) (*agent, error) {
	line, err := e.attach(ctx, id, container.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, fmt.Errorf("attach to the agent: %w", err)
	}
	a := newAgent(id, line)
	if err := e.api.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		a.hangUp()
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	if _, err := a.ask(ctx, protocol.Request{Operation: protocol.Ping}); err != nil {
		a.hangUp()
		return nil, err
	}
	return a, nil
}

func newAgent(id string, line types.HijackedResponse) *agent {
	stdout, written := io.Pipe()
	a := &agent{
		id: id, line: line, stdout: stdout, answers: json.NewDecoder(stdout),
		complaints: &bytes.Buffer{}, demultiplexed: make(chan struct{}),
	}
	go func() {
		defer close(a.demultiplexed)
		_, err := stdcopy.StdCopy(written, a.complaints, line.Reader)
		written.CloseWithError(err)
	}()
	return a
}

// ask sends a request and waits for the answer. It is not cut short when the
// context ends, because an answer that nobody has read would be taken for that
// of the next request.
func (a *agent) ask(ctx context.Context, q protocol.Request) (protocol.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := errors.Join(a.broken, context.Cause(ctx)); err != nil {
		return protocol.Response{}, err
	}
	response, err := a.exchange(q)
	if err != nil {
		a.broken = a.obituary(err)
		return protocol.Response{}, a.broken
	}
	return response, verdict(response)
}

func (a *agent) exchange(q protocol.Request) (protocol.Response, error) {
	giveUp := time.AfterFunc(patience(q.Operation), a.line.Close)
	defer giveUp.Stop()
	var response protocol.Response
	if err := json.NewEncoder(a.line.Conn).Encode(q); err != nil {
		return response, err
	}
	return response, a.answers.Decode(&response)
}

// obituary says that the agent has gone, and what it said last.
func (a *agent) obituary(cause error) error {
	a.hangUp()
	if last := strings.TrimSpace(a.complaints.String()); last != "" {
		return fmt.Errorf("%w: %w: %s", errAgentGone, cause, last)
	}
	return fmt.Errorf("%w: %w", errAgentGone, cause)
}

var errAgentGone = errors.New("the agent is gone, and all network rules with it")

// verdict turns what an agent could not do into an error.
func verdict(r protocol.Response) error {
	var errs []error
	if r.Error != "" {
		errs = append(errs, fmt.Errorf("agent: %s", r.Error))
	}
	for _, node := range slices.Sorted(maps.Keys(r.Failed)) {
		errs = append(errs, fmt.Errorf("%s: agent: %s", node, r.Failed[node]))
	}
	return errors.Join(errs...)
}

// gone says whether the agent has been found dead.
func (a *agent) gone() bool {
	select {
	case <-a.demultiplexed:
		return true
	default:
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.broken != nil
}

func (a *agent) idle() bool { return a.gone() }

// hangUp ends the line, and with it the agent. It is idempotent.
func (a *agent) hangUp() {
	a.line.Close()
	a.stdout.Close()
	<-a.demultiplexed
}

// capabilities asks the agent what works on this machine.
func (a *agent) capabilities(ctx context.Context, check protocol.Request) (cluster.Capabilities, error) {
	r, err := a.ask(ctx, check)
	if err != nil {
		return nil, err
	}
	return withAgent(func(mechanism string) error {
		if why, lacks := r.Missing[mechanism]; lacks {
			return errors.New(why)
		}
		return nil
	}), nil
}

// mechanisms are what the agent needs for each of the capabilities.
func mechanisms() map[cluster.Capability]string {
	return map[cluster.Capability]string{
		cluster.CanPartition:  protocol.Drop,
		cluster.CanReject:     protocol.Reject,
		cluster.CanCutNew:     protocol.New,
		cluster.CanCutClients: protocol.Clients,
		cluster.CanCorrupt:    protocol.Corrupt,
		cluster.CanDelay:      protocol.Delay,
		cluster.CanLose:       protocol.Loss,
		cluster.CanDuplicate:  protocol.Duplicate,
		cluster.CanReorder:    protocol.Reorder,
		cluster.CanNoise:      protocol.Noise,
		cluster.CanLimit:      protocol.Rate,
		cluster.CanTamper:     protocol.Tamper,
		cluster.CanClock:      protocol.Clock,
		cluster.CanDisk:       protocol.Layer,
	}
}

// withAgent are the capabilities of every engine together with those of its agent,
// of whose mechanisms some may be missing.
func withAgent(missing func(mechanism string) error) cluster.Capabilities {
	found := cluster.Capabilities{cluster.CanKill: nil, cluster.CanPause: nil, cluster.CanStop: nil, cluster.CanReplace: nil}
	for what, mechanism := range mechanisms() {
		found[what] = missing(mechanism)
	}
	return found
}

// withoutAgent are the capabilities of an engine on which there is no agent.
func withoutAgent(why error) cluster.Capabilities {
	return withAgent(func(string) error { return why })
}
