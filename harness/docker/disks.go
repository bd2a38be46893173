package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

var _ cluster.Disks = (*Cluster)(nil)

// waitProgram is the agent's executable in a node whose disk can fail; it becomes
// the node's own program as soon as the disk is there.
const waitProgram = "/assay-wait"

// fuseDevice is what a layer over a folder is served by.
const fuseDevice = "/dev/fuse"

// errNoDisks is why disks cannot be broken where nobody asked for it.
var errNoDisks = errors.New("disk: this cluster was made without disks that can fail, for they are slower")

// agentForDisks gives an agent what it takes to serve a file system: the device, and
// to be able to do to files what any user of a node may, in that user's name.
func agentForDisks(host *container.HostConfig) {
	host.CapAdd = append(host.CapAdd, "SYS_CHROOT", "DAC_READ_SEARCH", "CHOWN", "FOWNER", "FSETID", "SETUID", "SETGID", "MKNOD")
	host.Devices = []container.DeviceMapping{{PathOnHost: fuseDevice, PathInContainer: fuseDevice, CgroupPermissions: "rwm"}}
	host.Tmpfs = map[string]string{"/tmp": "size=16m"} // where it tries whether it works
}

// waitForDisk makes the container of a node begin with waitProgram.
func (n *Node) waitForDisk(ctx context.Context, config *container.Config) error {
	if !n.cluster.disks {
		return nil
	}
	command, err := n.command(ctx, config)
	if err != nil {
		return err
	}
	config.Entrypoint = []string{waitProgram}
	config.Cmd = append([]string{"wait-mount", n.data(), "--"}, command...)
	return nil
}

// command is what the container would run: an image's arguments are used only with
// its own entry point.
func (n *Node) command(ctx context.Context, config *container.Config) ([]string, error) {
	if len(config.Entrypoint) > 0 {
		return append(slices.Clone(config.Entrypoint), config.Cmd...), nil
	}
	found, err := n.cluster.engine.api.ImageInspect(ctx, n.image)
	if err != nil {
		return nil, fmt.Errorf("inspect image %s: %w", n.image, err)
	}
	arguments := []string(config.Cmd)
	if len(arguments) == 0 {
		arguments = found.Config.Cmd
	}
	command := append(slices.Clone(found.Config.Entrypoint), arguments...)
	if len(command) == 0 {
		return nil, fmt.Errorf("image %s has no program to start", n.image)
	}
	return command, nil
}

// giveWaitProgram copies the agent's executable from its container to a node's.
func (n *Node) giveWaitProgram(ctx context.Context) error {
	if !n.cluster.disks {
		return nil
	}
	api := n.cluster.engine.api
	archive, _, err := api.CopyFromContainer(ctx, n.cluster.agentID(), agentImage.Recipe.Entrypoint())
	if err != nil {
		return fmt.Errorf("take the agent's program: %w", err)
	}
	defer archive.Close()
	renamed, written := io.Pipe()
	go func() { written.CloseWithError(rename(archive, waitProgram, written)) }()
	defer renamed.Close() // ends the goroutine if the engine has not read it all
	if err := api.CopyToContainer(ctx, n.id, "/", renamed, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("give it the program that waits for its disk: %w", err)
	}
	return nil
}

// rename gives the only file of an archive another name.
func rename(archive io.Reader, name string, into io.Writer) error {
	in, out := tar.NewReader(archive), tar.NewWriter(into)
	header, err := in.Next()
	if err != nil {
		return err
	}
	renamed := tar.Header{Name: name[1:], Typeflag: tar.TypeReg, Mode: 0o755, Size: header.Size}
	if err := out.WriteHeader(fixed(renamed)); err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

func (c *Cluster) agentID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agent.id
}

// SetDisks implements cluster.Disks.
func (c *Cluster) SetDisks(ctx context.Context, faults map[string]cluster.DiskFaults) error {
	for name := range faults {
		if !slices.ContainsFunc(c.nodes, func(n *Node) bool { return n.spec.Name == name }) {
			return fmt.Errorf("set disks: %q is not a node of this cluster", name)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.requireDisks(); err != nil {
		return err
	}
	c.diskFaults = maps.Clone(faults)
	if err := c.applyDisks(ctx); err != nil {
		return fmt.Errorf("set disks: %w", err)
	}
	return nil
}

func (c *Cluster) requireDisks() error {
	if c.disks && c.agent != nil {
		return nil
	}
	return errNoDisks
}

// applyDisks puts the layers in place that are missing and makes the nodes' disks
// those of the cluster. Its caller holds mu.
func (c *Cluster) applyDisks(ctx context.Context) error {
	if !c.disks {
		return nil
	}
	if err := c.ensureAgent(ctx); err != nil {
		return err
	}
	if err := c.leaveDeadDisks(ctx); err != nil {
		return err
	}
	err := c.withRunning(ctx, func(nodes []protocol.Node) error {
		for i := range nodes {
			nodes[i].Disk = c.diskOf(nodes[i].Name)
		}
		_, err := c.agent.ask(ctx, protocol.Request{Operation: protocol.Disks, Nodes: nodes})
		return err
	})
	if err != nil {
		return err
	}
	for _, n := range c.nodes {
		if n.process.pid != 0 {
			n.diskBy = c.agent.id
		}
	}
	return nil
}

// leaveDeadDisks starts nodes again whose disk was served by an agent that has gone.
// Its mount is in their namespace only, and goes with that. What they had not synced
// went with the agent, so that to them it was a power failure.
func (c *Cluster) leaveDeadDisks(ctx context.Context) error {
	for _, n := range c.nodes {
		if n.diskBy == "" || n.diskBy == c.agent.id {
			continue
		}
		n.diskBy = ""
		if n.process.pid == 0 {
			continue
		}
		fmt.Fprintf(c.log, "starting %s again: the agent that served its disk has gone\n", n.spec.Name)
		if err := n.startAgain(ctx); err != nil {
			return fmt.Errorf("start %s again with another disk: %w", n.spec.Name, err)
		}
	}
	return nil
}

// startAgain kills and starts a node, and leaves it to the caller, who holds the
// cluster's mu, to give it what is in force.
func (n *Node) startAgain(ctx context.Context) error {
	if err := n.end(ctx); err != nil {
		return err
	}
	n.process = process{}
	if err := n.cluster.engine.api.ContainerStart(ctx, n.id, container.StartOptions{}); err != nil {
		return err
	}
	found, err := n.inspect(ctx)
	if err != nil {
		return err
	}
	n.note(found.State)
	return nil
}

func (c *Cluster) diskOf(node string) *protocol.Disk {
	i := slices.IndexFunc(c.nodes, func(n *Node) bool { return n.spec.Name == node })
	return &protocol.Disk{
		Path:   c.nodes[i].data(),
		Volume: c.nodes[i].id, // each container has one of its own
		Seed:   seedOf(c.seed, cluster.Link{To: node}),
		Faults: protocol.DiskFaults(c.diskFaults[node]),
	}
}

// ReadDisks implements cluster.Disks.
func (c *Cluster) ReadDisks(ctx context.Context, try ...string) (map[string]cluster.DiskReading, error) {
	readings := map[string]cluster.DiskReading{}
	err := c.askDisks(ctx, protocol.LookAtDisks, c.nodeNames(), func(node string, d *protocol.Disk) {
		d.Try = slices.Contains(try, node)
	}, func(told protocol.NodeDisk) {
		readings[told.Node] = cluster.DiskReading{
			Covered: told.Covered, Faults: cluster.DiskFaults(told.Faults),
			Counts: cluster.DiskCounts(told.Counts), Unsynced: told.Unsynced,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read disks: %w", err)
	}
	return readings, nil
}

// FailPower implements cluster.Disks.
func (c *Cluster) FailPower(ctx context.Context, nodes []string, torn bool) (map[string]cluster.DiskLoss, error) {
	losses := map[string]cluster.DiskLoss{}
	err := c.askDisks(ctx, protocol.Power, nodes, func(_ string, d *protocol.Disk) { d.Torn = torn },
		func(told protocol.NodeDisk) { losses[told.Node] = cluster.DiskLoss(told.Loss) })
	if err != nil {
		return nil, fmt.Errorf("fail the power of disks: %w", err)
	}
	return losses, nil
}

// DamageFiles implements cluster.Disks.
func (c *Cluster) DamageFiles(ctx context.Context, nodes []string, d cluster.FileDamage) (map[string][]cluster.FileChange, error) {
	changes := map[string][]cluster.FileChange{}
	damage := protocol.FileDamage{Kind: string(d.Kind), Bits: d.Bits, Bytes: d.Bytes}
	err := c.askDisks(ctx, protocol.Damage, nodes, func(_ string, d *protocol.Disk) { d.Damage = damage },
		func(told protocol.NodeDisk) {
			for _, change := range told.Changed {
				changes[told.Node] = append(changes[told.Node], cluster.FileChange(change))
			}
		})
	if err != nil {
		return nil, fmt.Errorf("damage files: %w", err)
	}
	return changes, nil
}

// askDisks asks the agent about disks of nodes, whether these run or not.
func (c *Cluster) askDisks(ctx context.Context, o protocol.Operation, names []string, add func(string, *protocol.Disk), tell func(protocol.NodeDisk)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.requireDisks(); err != nil {
		return err
	}
	var nodes []protocol.Node
	for _, n := range c.nodes {
		if !slices.Contains(names, n.spec.Name) {
			continue
		}
		disk := c.diskOf(n.spec.Name)
		add(n.spec.Name, disk)
		nodes = append(nodes, protocol.Node{Name: n.spec.Name, PID: n.process.pid, Disk: disk})
	}
	r, err := c.agent.ask(ctx, protocol.Request{Operation: o, Nodes: nodes})
	for _, told := range r.Disks {
		tell(told)
	}
	return err
}

func (c *Cluster) nodeNames() []string {
	var names []string
	for _, n := range c.nodes {
		names = append(names, n.spec.Name)
	}
	return names
}
