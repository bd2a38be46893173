// Package docker runs clusters in containers of a Docker engine, and breaks
// their networks through a helper container. All that it makes carries a label
// with the run that made it, and nothing else on the engine is ever touched. It
// is the only importer of the Docker client; none of the client's types leave it.
package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/client"
)

// ErrNoEngine means that no usable container engine is in reach.
var ErrNoEngine = errors.New("no container engine in reach")

// Engine is a connection to a Docker engine.
type Engine struct {
	api     *client.Client
	version types.Version
	// limit is how long it may take to answer.
	limit time.Duration
	// total is how much memory the engine's machine has, once that is known.
	total atomic.Int64

	// own are the images of Assay's own programs, by reference.
	own ownImages
}

// Connect connects to the engine that DOCKER_HOST names, or else to the one that
// listens at one of the usual places. Its error is an ErrNoEngine that says what
// to do.
func Connect(ctx context.Context) (*Engine, error) { return connect(ctx, answering) }

func connect(ctx context.Context, limit time.Duration) (*Engine, error) {
	options := []client.Opt{client.FromEnv, client.WithAPIVersionNegotiation()}
	if os.Getenv(client.EnvOverrideHost) == "" {
		options = append(options, client.WithHost(defaultHost(os.Getenv, exists)))
	}
	api, err := newClient(limit, options...)
	if err != nil {
		return nil, fmt.Errorf("%w: DOCKER_HOST: %w", ErrNoEngine, err)
	}
	e := &Engine{api: api, limit: limit}
	if err := e.meet(ctx); err != nil {
		return nil, errors.Join(err, api.Close())
	}
	return e, nil
}

func (e *Engine) meet(ctx context.Context) error {
	version, err := e.api.ServerVersion(ctx)
	if err != nil {
		return fmt.Errorf("%w at %s (%s): %w", ErrNoEngine, e.api.DaemonHost(), advice(err), err)
	}
	if version.Os != "linux" {
		return fmt.Errorf("%w: the engine at %s runs %s containers; switch it to linux containers", ErrNoEngine, e.api.DaemonHost(), version.Os)
	}
	e.version = version
	return nil
}

func advice(err error) string {
	if errors.Is(err, ErrSilent) {
		return "something listens there"
	}
	if errors.Is(err, os.ErrPermission) || strings.Contains(err.Error(), "permission denied") {
		return "this user may not use its socket: join the group docker, or run as root"
	}
	return "start Docker, or set DOCKER_HOST to where it listens"
}

// defaultHost is the first of the places at which engines usually listen that is
// there: that of the system, of Docker Desktop, of a rootless engine, of Colima.
func defaultHost(env func(string) string, exists func(path string) bool) string {
	home := env("HOME")
	for _, path := range []string{
		strings.TrimPrefix(client.DefaultDockerHost, "unix://"),
		filepath.Join(home, ".docker", "run", "docker.sock"),
		filepath.Join(env("XDG_RUNTIME_DIR"), "docker.sock"),
		filepath.Join(home, ".colima", "default", "docker.sock"),
	} {
		if filepath.IsAbs(path) && exists(path) {
			return "unix://" + path
		}
	}
	return client.DefaultDockerHost
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Close ends the connection, not what was started over it.
func (e *Engine) Close() error { return e.api.Close() }

// About says which engine this is: "Docker 20.10.24, API 1.41, linux/amd64".
func (e *Engine) About() string {
	name := "Docker"
	for _, c := range e.version.Components {
		if strings.Contains(c.Name, "Podman") {
			name = "Podman"
		}
	}
	version, _, _ := strings.Cut(e.version.Version, "+")
	return fmt.Sprintf("%s %s, API %s, %s/%s", name, version, e.api.ClientVersion(), e.version.Os, e.version.Arch)
}
