package protocols

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/explore"
)

// Exploration is how a small system of a protocol is explored.
type Exploration struct {
	// Settings are what can be chosen about it besides the protocol's own.
	Settings []cluster.Setting
	// Setup is what is explored unless the user wants something else. It depends on the
	// settings: a mistake has its own setup, in which it shows.
	Setup func(Chosen) Setup
	// System makes it.
	System func(Setup, Chosen) (explore.Explorer, error)
	// LeastNodes and MostNodes bound their number, LeastClients and MostClients that of
	// clients. MostNodes and MostClients are 0 if there is no bound but patience.
	LeastNodes, MostNodes     int
	LeastClients, MostClients int
	// Symmetric says that nodes may be told to be interchangeable: those to which no
	// client speaks, and that have no role of their own.
	Symmetric bool
}

// Setup is the size of a system, and what may go wrong in it.
type Setup struct {
	Nodes, Clients int
	// Calls is what clients do, where there is a choice.
	Calls   string
	Network explore.Network
	Lossy   bool
	Faults  explore.Faults
	// Timeouts is how many timers may fire altogether, explore.Never is none.
	Timeouts int
	// Depth bounds the search; 0 is no bound.
	Depth int
	// Symmetry takes for one what differs in the names of nodes only.
	Symmetry bool
}

// Check returns an error if the protocol cannot be explored in this size.
func (e Exploration) Check(s Setup) error {
	if err := within("nodes", s.Nodes, e.LeastNodes, e.MostNodes); err != nil {
		return err
	}
	if err := within("clients", s.Clients, e.LeastClients, e.MostClients); err != nil {
		return err
	}
	switch {
	case s.Symmetry && !e.Symmetric:
		return fmt.Errorf("its nodes are not interchangeable: it compares their names, or clients tell them apart")
	case s.Symmetry && s.Faults.Crashes != 0:
		return fmt.Errorf("interchangeable nodes do not crash: in what they persist, nobody can exchange names")
	}
	return nil
}

func within(what string, n, least, most int) error {
	switch {
	case n >= least && (n <= most || most == 0):
		return nil
	case most == 0:
		return fmt.Errorf("%d %s are too few: it takes at least %d", n, what, least)
	case least == most:
		return fmt.Errorf("it has %d %s, not %d", least, what, n)
	}
	return fmt.Errorf("it has from %d to %d %s, not %d", least, most, what, n)
}

// assemble makes the system of a setup.
func assemble[S, M any](s Setup, a actor.Actor[S, M], scripts ...[]explore.Call) explore.System[S, M] {
	if s.Faults.Crashes == 0 {
		a = diskless[S, M]{a}
	}
	nodes := explore.Cluster(a, s.Nodes)
	return explore.System[S, M]{
		Nodes: nodes, Clients: explore.InTurn(explore.IDs(nodes), scripts...),
		Network: s.Network, Lossy: s.Lossy, Faults: s.Faults, Timeouts: s.Timeouts,
	}
}

// symmetric is the system with interchangeable nodes, if the setup asks for them.
func symmetric[S, M any](s Setup, system explore.System[S, M]) (explore.Explorer, error) {
	if !s.Symmetry {
		return system, nil
	}
	if system.Interchangeable = alike(system); system.Interchangeable == nil {
		return nil, fmt.Errorf("of %d nodes, clients leave less than two alone: add nodes, or take clients away", s.Nodes)
	}
	return system, nil
}

// alike are the nodes that nobody tells apart: no client speaks to them, and they have
// no role of their own. Less than two are none.
func alike[S, M any](system explore.System[S, M], roles ...actor.ID) [][]actor.ID {
	group := slices.DeleteFunc(explore.IDs(system.Nodes), func(id actor.ID) bool {
		return slices.Contains(roles, id) || slices.ContainsFunc(system.Clients, func(c explore.Client) bool {
			return slices.ContainsFunc(c.Calls, func(call explore.Call) bool { return call.Node == id })
		})
	})
	if len(group) < 2 {
		return nil
	}
	return [][]actor.ID{group}
}

// diskless persists nothing. Where no node can crash, nobody reads what is persisted,
// and states that differ in it would be explored in vain.
type diskless[S, M any] struct{ actor.Actor[S, M] }

func (d diskless[S, M]) Start(c actor.Context[M], durable [][]byte) S {
	return d.Actor.Start(without[M]{c}, durable)
}

func (d diskless[S, M]) Receive(c actor.Context[M], s *S, from actor.ID, m M) {
	d.Actor.Receive(without[M]{c}, s, from, m)
}

func (d diskless[S, M]) Timer(c actor.Context[M], s *S, name string) {
	d.Actor.Timer(without[M]{c}, s, name)
}

func (d diskless[S, M]) Request(c actor.Context[M], s *S, request uint64, body []byte) {
	d.Actor.Request(without[M]{c}, s, request, body)
}

// without is a context without a disk.
type without[M any] struct{ actor.Context[M] }

func (without[M]) Persist([]byte) {}
