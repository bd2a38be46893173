package docker

import (
	"context"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// createContainer makes a container and returns its id.
func (e *Engine) createContainer(ctx context.Context, name string, config *container.Config, host *container.HostConfig, net *network.NetworkingConfig) (string, error) {
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	ctx, cancel := uninterrupted(ctx, makingTakes)
	defer cancel()
	created, err := e.api.ContainerCreate(ctx, config, host, net, nil, name)
	return created.ID, err
}

// removeContainer removes a container, running, paused or not, with its volume,
// and returns when it has gone. The engine may be removing it already.
func (e *Engine) removeContainer(ctx context.Context, id string) error {
	return eventually(ctx, func() (bool, error) {
		err := e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
		if err == nil || cerrdefs.IsNotFound(err) {
			return true, nil
		}
		return !cerrdefs.IsConflict(err), err
	})
}
