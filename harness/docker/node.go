package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/docker/go-connections/nat"

	"github.com/assaykit/assay/harness/cluster"
)

// lastLines is how much of its log is in the error of a node that does not come
// up.
const lastLines = 20

// Node is a container of a cluster. It implements cluster.Node.
type Node struct {
	cluster *Cluster
	spec    cluster.NodeSpec
	image   string
	address netip.Addr

	id string
	// earlier is what containers in this one's place have printed.
	earlier bytes.Buffer
	// published are the ports of this machine that lead to the node's, by name.
	published map[string]int
	// process is what runs, and diskBy the agent that serves its disk, if any; both
	// guarded by the cluster's mu.
	process process
	diskBy  string
}

// create makes the container and starts it. A port that was free may be taken
// before the container gets it: then it is made again with others.
func (n *Node) create(ctx context.Context, hosts map[string]netip.Addr) error {
	var err error
	for range attempts {
		if err = n.createOnce(ctx, hosts); err != nil {
			return fmt.Errorf("create %s: %w", n.spec.Name, err)
		}
		if err = n.Start(ctx); !portTaken(err) {
			return err
		}
		if err := n.cluster.engine.removeContainer(ctx, n.id); err != nil {
			return fmt.Errorf("create %s again: %w", n.spec.Name, err)
		}
	}
	return err
}

func (n *Node) createOnce(ctx context.Context, hosts map[string]netip.Addr) error {
	if err := n.choosePorts(ctx); err != nil {
		return err
	}
	return n.make(ctx, hosts)
}

// make makes the container, with the ports that were chosen.
func (n *Node) make(ctx context.Context, hosts map[string]netip.Addr) error {
	config, host, net := n.config(hosts)
	if err := n.waitForDisk(ctx, config); err != nil {
		return err
	}
	name := containerName(n.cluster.run, n.spec.Name)
	id, err := n.cluster.engine.createContainer(ctx, name, config, host, net)
	if err != nil {
		return err
	}
	n.cluster.mu.Lock()
	n.id = id
	n.cluster.mu.Unlock()
	if err := n.giveFiles(ctx); err != nil {
		return err
	}
	return n.giveWaitProgram(ctx)
}

func (n *Node) choosePorts(ctx context.Context) error {
	promised, err := n.cluster.engine.promisedPorts(ctx)
	if err != nil {
		return err
	}
	n.published = map[string]int{}
	for name := range n.spec.Ports {
		if name == peerPort {
			continue
		}
		port, err := freePort(promised)
		if err != nil {
			return err
		}
		n.published[name], promised[port] = port, true
	}
	return nil
}

func (n *Node) config(hosts map[string]netip.Addr) (*container.Config, *container.HostConfig, *network.NetworkingConfig) {
	labels := maps.Clone(n.cluster.labels)
	labels[labelRole], labels[labelNode] = roleNode, n.spec.Name
	labels[labelPorts] = listPorts(slices.Sorted(maps.Values(n.published)))
	exposed, bound := n.portMap()
	config := &container.Config{
		Image: n.image, Labels: labels,
		Entrypoint: n.spec.Entrypoint, Cmd: n.spec.Args, Env: n.spec.Env,
		ExposedPorts: exposed,
	}
	host := &container.HostConfig{
		NetworkMode:  container.NetworkMode(n.cluster.network),
		PortBindings: bound,
		// Names are looked up in a file, because the engine's name server forgets
		// nodes that do not run.
		ExtraHosts:    others(hosts, n.hostName()),
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		LogConfig:     container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "64m", "max-file": "2"}},
	}
	n.outfit(config, host)
	endpoint := &network.EndpointSettings{
		Aliases:    knownAs(n.spec),
		IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: n.address.String()},
	}
	return config, host, &network.NetworkingConfig{
		EndpointsConfig: map[string]*network.EndpointSettings{n.cluster.network: endpoint},
	}
}

func (n *Node) portMap() (nat.PortSet, nat.PortMap) {
	exposed, bound := nat.PortSet{}, nat.PortMap{}
	for name, port := range n.published {
		inside := nat.Port(strconv.Itoa(n.spec.Ports[name]) + "/tcp")
		exposed[inside] = struct{}{}
		bound[inside] = []nat.PortBinding{{HostIP: "127.0.0.1", HostPort: strconv.Itoa(port)}}
	}
	return exposed, bound
}

// others are the hosts without the one itself, which the engine adds, and adds as what
// comes before the first dot too: programs that listen at all addresses of a name would
// listen twice at one that stands there twice.
func others(hosts map[string]netip.Addr, itself string) []string {
	short, _, _ := strings.Cut(itself, ".")
	var lines []string
	for name, address := range hosts {
		if name != itself && (name != short || address != hosts[itself]) {
			lines = append(lines, name+":"+address.String())
		}
	}
	return lines
}

// Name implements cluster.Node.
func (n *Node) Name() string { return n.spec.Name }

// Addr implements cluster.Node. Ports that are not published have none.
func (n *Node) Addr(port string) string {
	number, published := n.published[port]
	if !published {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(number))
}

// Start implements cluster.Node. A node whose process ends at once is an error
// with the last lines that it printed. A paused node runs, and is left paused.
func (n *Node) Start(ctx context.Context) error {
	err := n.cluster.engine.api.ContainerStart(ctx, n.id, container.StartOptions{})
	if err != nil {
		if s, stateErr := n.State(ctx); stateErr != nil || s != cluster.Paused {
			return fmt.Errorf("start %s: %w", n.spec.Name, err)
		}
	}
	found, err := n.inspect(ctx)
	if err != nil {
		return fmt.Errorf("start %s: %w", n.spec.Name, err)
	}
	if err := n.cluster.welcome(ctx, n, found.State); err != nil {
		return fmt.Errorf("start %s: apply what is in force: %w", n.spec.Name, err)
	}
	if n.spec.Container.Once {
		err = n.requireEnd(ctx)
	} else {
		err = n.requireRunning(ctx, found.State)
	}
	if err != nil {
		return ownFault{err}
	}
	return nil
}

// ownFault is why a node that the engine has started did not come up. It has the node's
// own last lines, in which nothing is to be looked for that the engine would say.
type ownFault struct{ error }

func (f ownFault) Unwrap() error { return f.error }

// requireEnd waits for the good end of a container that runs once.
func (n *Node) requireEnd(ctx context.Context) error {
	ending := n.cluster.remembered(n)
	if err := n.awaitEnd(ctx, once); err != nil {
		return fmt.Errorf("wait for %s, which runs once: %w; its last lines:\n%s", n.spec.Name, err, n.lastLines(context.WithoutCancel(ctx)))
	}
	n.cluster.farewell(n, ending)
	found, err := n.inspect(ctx)
	if err != nil {
		return fmt.Errorf("wait for %s: %w", n.spec.Name, err)
	}
	if code := found.State.ExitCode; code != 0 {
		return fmt.Errorf("%s, which runs once, ended with exit code %d; its last lines:\n%s", n.spec.Name, code, n.lastLines(ctx))
	}
	return nil
}

// once is how long a container may take that runs once.
const once = 2 * time.Minute

func (n *Node) requireRunning(ctx context.Context, s *container.State) error {
	if s.Running {
		return nil
	}
	return fmt.Errorf("start %s: its process ended at once with exit code %d; its last lines:\n%s",
		n.spec.Name, s.ExitCode, n.lastLines(ctx))
}

func (n *Node) lastLines(ctx context.Context) string {
	var log bytes.Buffer
	if err := n.logs(ctx, &log, strconv.Itoa(lastLines)); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(log.String())
}

// Kill implements cluster.Node. The engine thaws a paused node so that it can
// die.
func (n *Node) Kill(ctx context.Context) error {
	victim := n.cluster.remembered(n)
	if err := n.end(ctx); err != nil {
		return fmt.Errorf("kill %s: %w", n.spec.Name, err)
	}
	n.cluster.farewell(n, victim)
	return nil
}

// end kills the node's processes and waits until they are gone.
func (n *Node) end(ctx context.Context) error {
	err := n.cluster.engine.api.ContainerKill(ctx, n.id, "SIGKILL")
	if err != nil && !cerrdefs.IsConflict(err) { // a conflict: it does not run
		return err
	}
	ended, failed := n.cluster.engine.api.ContainerWait(ctx, n.id, container.WaitConditionNotRunning)
	select {
	case <-ended:
		return nil
	case err := <-failed:
		return fmt.Errorf("wait for its end: %w", err)
	}
}

// Pause implements cluster.Node. A node that does not run cannot be paused.
func (n *Node) Pause(ctx context.Context) error {
	var err error
	for range freezes {
		err = n.cluster.engine.api.ContainerPause(ctx, n.id)
		if err == nil || !strings.Contains(err.Error(), "unable to freeze") {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(freezeAgain):
		}
	}
	return n.unless(ctx, cluster.Paused, "pause", err)
}

// A freezer of cgroups v1 gives up, and thaws what it has frozen, when processes that are
// waiting for a disk or being made do not freeze in time (runc, fs/freezer.go): on a busy
// machine that happens, and is over soon.
const (
	freezes     = 10
	freezeAgain = 100 * time.Millisecond
)

// Resume implements cluster.Node. A node that is not paused stays as it is.
func (n *Node) Resume(ctx context.Context) error {
	err := n.cluster.engine.api.ContainerUnpause(ctx, n.id)
	if s, stateErr := n.State(ctx); err != nil && stateErr == nil && s != cluster.Paused {
		return nil
	}
	return n.unless(ctx, cluster.Running, "resume", err)
}

// unless passes an error on unless the node is seen as it was to be.
func (n *Node) unless(ctx context.Context, want cluster.State, what string, err error) error {
	if err == nil {
		return nil
	}
	s, stateErr := n.State(ctx)
	if stateErr == nil && s == want {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, n.spec.Name, errors.Join(err, stateErr))
}

// State implements cluster.Node.
func (n *Node) State(ctx context.Context) (cluster.State, error) {
	found, err := n.inspect(ctx)
	switch {
	case err != nil:
		return cluster.Unseen, fmt.Errorf("state of %s: %w", n.spec.Name, err)
	case found.State.Paused:
		return cluster.Paused, nil
	case found.State.Running:
		return cluster.Running, nil
	}
	return cluster.Stopped, nil
}

func (n *Node) inspect(ctx context.Context) (container.InspectResponse, error) {
	return n.cluster.engine.api.ContainerInspect(ctx, n.id)
}

// Logs implements cluster.Node.
func (n *Node) Logs(ctx context.Context, w io.Writer) error {
	if _, err := w.Write(n.earlier.Bytes()); err != nil {
		return err
	}
	if err := n.logs(ctx, w, "all"); err != nil {
		return fmt.Errorf("logs of %s: %w", n.spec.Name, err)
	}
	return nil
}

func (n *Node) logs(ctx context.Context, w io.Writer, tail string) error {
	log, err := n.cluster.engine.api.ContainerLogs(ctx, n.id, container.LogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: tail,
	})
	if err != nil {
		return err
	}
	defer log.Close()
	_, err = stdcopy.StdCopy(w, w, log)
	return err
}
