package harness

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis"
)

// capabilities are those of the cluster together with its target.
func (r *run) capabilities() cluster.Capabilities {
	all := cluster.Capabilities{}
	maps.Copy(all, r.cluster.Capabilities())
	_, leave := r.test.Target.(cluster.Members)
	switch {
	case !leave:
		all[cluster.CanChangeMembers] = fmt.Errorf("the nodes of %s cannot leave it", r.test.Target.Name())
	case all.Supports(cluster.CanReplace) != nil:
		all[cluster.CanChangeMembers] = errors.New("this runtime cannot put new nodes in the place of others")
	default:
		all[cluster.CanChangeMembers] = nil
	}
	return all
}

// roster is nil if nodes cannot leave and join.
func (r *run) roster() nemesis.Roster {
	if r.capabilities().Supports(cluster.CanChangeMembers) != nil {
		return nil
	}
	return members{run: r, target: r.test.Target.(cluster.Members), machines: r.cluster.(cluster.Replacer)}
}

// members is a nemesis.Roster.
type members struct {
	run      *run
	target   cluster.Members
	machines cluster.Replacer
}

func (m members) Members(ctx context.Context) ([]string, error) {
	return m.target.Members(ctx, m.run.cluster, m.run.targetConfig())
}

func (m members) Remove(ctx context.Context, node string) error {
	return m.target.Remove(ctx, m.run.cluster, m.run.targetConfig(), node)
}

// Join replaces the node once the others expect it, because a new one has to be told
// who they are.
func (m members) Join(ctx context.Context, node string) error {
	if err := m.target.Admit(ctx, m.run.cluster, m.run.targetConfig(), node); err != nil {
		return err
	}
	all, err := m.Members(ctx)
	if err != nil {
		return err
	}
	return m.machines.Replace(ctx, node, func(first []string) []string { return m.target.Joining(first, all) })
}
