package nemesis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// Roster is a system whose nodes can leave it and join it. Its methods go on trying
// until the context ends, for members agree only while enough of them are well.
type Roster interface {
	Members(ctx context.Context) ([]string, error)
	// Remove makes the others go on without a node.
	Remove(ctx context.Context, node string) error
	// Join puts a new node in the place of one that is no member, and makes it one.
	Join(ctx context.Context, node string) error
}

const (
	membershipFamily = "membership"
	replaceShape     = "replace"
)

func membershipShapes() []ShapeDescription {
	return []ShapeDescription{
		{Name: "remove", About: "a single node leaves the cluster, and joins it again as a new one, or those of remove@PLACE, a minority at most"},
		{Name: replaceShape, About: "a single node is killed, and a new one joins in its place at once"},
	}
}

func checkMembership(d Description, s shape) error {
	switch {
	case len(s.effects) > 1 || s.effects[0].arguments != nil:
		return errors.New("takes no arguments and no second effect")
	case !slices.Contains(d.shapeNames(), s.name()):
		return errNoShape
	case s.place == "":
		return nil
	case slices.Contains([]string{"majority", "all", "followers"}, s.place):
		return fmt.Errorf("a cluster cannot go on without %s of its nodes", s.place)
	}
	return checkPlace(s.place)
}

func resolveMembership(n *Nemesis, _ int, p Planned, s shape, fault *history.Fault) active {
	where := s.place
	if where == "" {
		where = "one"
	}
	fault.Nodes = place(where, p.Order)
	// Two nodes by name may be more than a minority.
	fault.Nodes = fault.Nodes[:min(len(fault.Nodes), max(1, (len(p.Order)-1)/2))]
	fault.Detail = fmt.Sprintf("%s: %s", s.name(), sorted(fault.Nodes))
	n.changedMembers = true
	left := absent{roster: n.config.Roster, kill: kill{nodes: n.nodes(fault.Nodes), wires: n.wires}}
	if s.name() == replaceShape {
		return &replaced{left}
	}
	return &left
}

// absent is a fault of nodes that are no members. Whether their processes end is the
// system's affair; new ones take their place in any case.
type absent struct {
	kill
	roster Roster
}

var errNoRoster = errors.New("the target's nodes cannot leave it")

func (a *absent) inject(ctx context.Context) error {
	if a.roster == nil {
		return errNoRoster
	}
	for _, n := range a.nodes { // one after another, so that the others agree on each
		if err := a.roster.Remove(ctx, n.Name()); err != nil {
			return err
		}
	}
	return nil
}

func (a *absent) verify(ctx context.Context) error { return until(ctx, a.counted(false)) }

// counted complains unless the nodes are members, or are not.
func (a *absent) counted(want bool) func(context.Context) error {
	return func(ctx context.Context) error {
		members, err := a.roster.Members(ctx)
		if err != nil {
			return err
		}
		for _, n := range a.nodes {
			if slices.Contains(members, n.Name()) != want {
				return fmt.Errorf("the members are %s", strings.Join(members, " "))
			}
		}
		return nil
	}
}

func (a *absent) heal(ctx context.Context) error {
	if a.roster == nil {
		return errNoRoster
	}
	if err := join(ctx, a.roster, a.restarted()); err != nil {
		return err
	}
	return each(ctx, a.nodes, func(n cluster.Node) error { return revive(ctx, n) })
}

// join makes those of the nodes members that are not.
func join(ctx context.Context, r Roster, nodes []string) error {
	members, err := r.Members(ctx)
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if slices.Contains(members, node) {
			continue
		}
		if err := r.Join(ctx, node); err != nil {
			return err
		}
	}
	return nil
}

func (a *absent) verifyHealed(ctx context.Context) error {
	return errors.Join(until(ctx, a.counted(true)), a.kill.verifyHealed(ctx))
}

// replaced is a fault of nodes that die and in whose place others join.
type replaced struct{ absent }

// inject is over when the new nodes have joined; it has seen that the old ones were
// gone.
func (r *replaced) inject(ctx context.Context) error {
	if err := r.kill.inject(ctx); err != nil {
		return err
	}
	if err := r.absent.inject(ctx); err != nil {
		return err
	}
	if err := r.absent.verify(ctx); err != nil {
		return err
	}
	return r.heal(ctx)
}

func (r *replaced) verify(ctx context.Context) error { return r.verifyHealed(ctx) }

// rejoin makes all nodes members again, whatever faults have left.
func (n *Nemesis) rejoin(ctx context.Context) error {
	if !n.changedMembers || n.config.Roster == nil {
		return nil
	}
	return join(ctx, n.config.Roster, namesOf(n.config.Cluster.Nodes()))
}
