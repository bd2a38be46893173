package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
)

// Leftover is something on the engine that a run made.
type Leftover struct {
	// Run is the run that made it.
	Run string
	// Kind is container, network or volume.
	Kind string
	Name string

	id string
}

const (
	kindContainer = "container"
	kindNetwork   = "network"
	kindVolume    = "volume"
)

// Leftovers lists all that runs have made whose claims are kept in the same place
// as this process's, in the order in which it can be removed. Live runs' things
// are among it.
func (e *Engine) Leftovers(ctx context.Context) ([]Leftover, error) { return e.leftovers(ctx, "") }

// Clean removes those of the Leftovers whose runs are not alive, and says so in
// the log. It returns how much it removed; its error names what it could not
// remove.
func (e *Engine) Clean(ctx context.Context, alive func(run string) bool, log io.Writer) (removed int, err error) {
	found, err := e.Leftovers(ctx)
	if err != nil {
		return 0, err
	}
	living := map[string]bool{}
	for _, l := range found {
		if _, asked := living[l.Run]; !asked {
			living[l.Run] = alive(l.Run)
		}
	}
	dead := slices.DeleteFunc(found, func(l Leftover) bool { return living[l.Run] })
	err = e.inTurn(ctx, func() error {
		return e.remove(ctx, dead, func(l Leftover) {
			removed++
			fmt.Fprintf(orDiscard(log), "removed %s %s of run %s\n", l.Kind, l.Name, l.Run)
		})
	})
	return removed, err
}

// removeRun removes all that belongs to a run.
func (e *Engine) removeRun(ctx context.Context, run string) error {
	found, err := e.leftovers(ctx, run)
	if err != nil {
		return err
	}
	return e.remove(ctx, found, func(Leftover) {})
}

func (e *Engine) leftovers(ctx context.Context, run string) ([]Leftover, error) {
	selected, err := ofRun(run)
	if err != nil {
		return nil, err
	}
	containers, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: selected})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	networks, err := e.api.NetworkList(ctx, network.ListOptions{Filters: selected})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	volumes, err := e.api.VolumeList(ctx, volume.ListOptions{Filters: selected})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	var found []Leftover
	for _, c := range containers {
		name := strings.TrimPrefix(strings.Join(c.Names, ","), "/")
		found = append(found, Leftover{c.Labels[labelRun], kindContainer, name, c.ID})
	}
	for _, n := range networks {
		found = append(found, Leftover{n.Labels[labelRun], kindNetwork, n.Name, n.ID})
	}
	for _, v := range volumes.Volumes {
		found = append(found, Leftover{v.Labels[labelRun], kindVolume, v.Name, v.Name})
	}
	return found, nil
}

// remove removes kind after kind, and one after another: an engine (20.10) that has
// to take several containers off one network at the same moment may lock itself up
// for good (libnetwork, a sandbox that leaves against a watch of the network's
// endpoints).
func (e *Engine) remove(ctx context.Context, all []Leftover, removed func(Leftover)) error {
	var errs []error
	for _, kind := range []string{kindContainer, kindNetwork, kindVolume} {
		for _, l := range all {
			if l.Kind != kind {
				continue
			}
			if err := e.removeOne(ctx, l); err != nil {
				errs = append(errs, fmt.Errorf("remove %s %s: %w", l.Kind, l.Name, err))
				continue
			}
			removed(l)
		}
	}
	return errors.Join(errs...)
}

func (e *Engine) removeOne(ctx context.Context, l Leftover) error {
	switch l.Kind {
	case kindContainer:
		return e.removeContainer(ctx, l.id)
	case kindNetwork:
		return e.removeNetwork(ctx, l.id)
	}
	err := e.api.VolumeRemove(ctx, l.id, true)
	if cerrdefs.IsNotFound(err) {
		return nil // it went with its container
	}
	return err
}
