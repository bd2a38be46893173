package docker

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/assaykit/assay/harness/cluster"
)

var (
	_ cluster.HealthTeller = (*Node)(nil)
	_ cluster.Company      = (*Cluster)(nil)
)

// data is the folder of the node's volume.
func (n *Node) data() string { return cmp.Or(n.spec.Container.Data, dataFolder) }

// outfit gives a container what its node asks for beyond a program and a folder.
func (n *Node) outfit(config *container.Config, host *container.HostConfig) {
	wanted := n.spec.Container
	config.User, config.WorkingDir = wanted.User, wanted.Folder
	config.Hostname = n.hostName()
	if wanted.Init {
		host.Init = &wanted.Init
	}
	for _, l := range wanted.Limits {
		host.Ulimits = append(host.Ulimits, &container.Ulimit{Name: l.Resource, Soft: l.Soft, Hard: l.Hard})
	}
	for _, scratch := range wanted.Scratch {
		folder, options, _ := strings.Cut(scratch, ":")
		if host.Tmpfs == nil {
			host.Tmpfs = map[string]string{}
		}
		host.Tmpfs[folder] = options
	}
	if h := wanted.Health; h != nil {
		config.Healthcheck = &container.HealthConfig{
			Test: h.Test, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries,
		}
	}
	for _, folder := range append([]string{n.data()}, wanted.Volumes...) {
		host.Mounts = append(host.Mounts, mount.Mount{
			Type: mount.TypeVolume, Target: folder,
			VolumeOptions: &mount.VolumeOptions{Labels: n.cluster.labels},
		})
	}
}

// hostName is what the node's own processes take for the name of their machine.
func (n *Node) hostName() string { return cmp.Or(n.spec.Container.Host, n.spec.Name) }

// knownAs are all names by which a node is known.
func knownAs(s cluster.NodeSpec) []string {
	all := append([]string{s.Name, cmp.Or(s.Container.Host, s.Name)}, s.Container.Names...)
	slices.Sort(all)
	return slices.Compact(all)
}

// giveFiles puts the node's files into its container.
func (n *Node) giveFiles(ctx context.Context) error {
	files := n.spec.Container.Files
	if len(files) == 0 {
		return nil
	}
	archive, err := packFiles(files)
	if err == nil {
		err = n.cluster.engine.api.CopyToContainer(ctx, n.id, "/", archive, container.CopyToContainerOptions{})
	}
	if err != nil {
		return fmt.Errorf("copy files into it: %w", err)
	}
	return nil
}

func packFiles(files []cluster.File) (*bytes.Buffer, error) {
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	for _, f := range files {
		name := strings.TrimPrefix(path.Clean(f.Path), "/")
		header := tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: int64(f.Mode), Size: int64(len(f.Content))}
		if err := archive.WriteHeader(fixed(header)); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.Content); err != nil {
			return nil, err
		}
	}
	return &packed, archive.Close()
}

// Healthy implements cluster.HealthTeller.
func (n *Node) Healthy(ctx context.Context) error {
	found, err := n.inspect(ctx)
	switch {
	case err != nil:
		return err
	case !found.State.Running:
		return errors.New("it does not run")
	case found.State.Health == nil:
		return errors.New("it has no health check")
	case found.State.Health.Status == container.Healthy:
		return nil
	}
	text := "its health check says " + found.State.Health.Status
	if log := found.State.Health.Log; len(log) > 0 {
		text += ": " + strings.TrimSpace(log[len(log)-1].Output)
	}
	return errors.New(text)
}
