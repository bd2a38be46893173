package protocols

import (
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/singlecopy"
	"github.com/assaykit/assay/harness/sim/explore"
)

// The explorations of registers. With clients that write and then read, those of the
// single copy, of ABD and of Paxos have the states of Stateright's examples, one for
// one.

// registers is the exploration of a register. The shows are the mistakes that need
// other clients, another network or faults to show.
func registers(usual Setup, shows map[string]Setup, system func(Setup, Chosen) explore.Explorer) *Exploration {
	return &Exploration{
		LeastNodes: 1, LeastClients: 1,
		Settings: []cluster.Setting{registerCalls()},
		Setup: func(c Chosen) Setup {
			s, special := shows[c.bug()]
			if !special {
				s = usual
			}
			if calls, chosen := c[callsSetting]; chosen {
				s.Calls = calls
			}
			return s
		},
		System: func(s Setup, c Chosen) (explore.Explorer, error) { return system(s, c), nil },
	}
}

// linearizableRegister is a system whose clients' history is judged.
func linearizableRegister[S, M any](s Setup, a actor.Actor[S, M]) explore.System[S, M] {
	system := assemble(s, a, registerScripts(s.Calls, s.Clients)...)
	system.Promises = []explore.Promise{explore.Linearizable(register.Type())}
	system.Properties = []explore.Property[explore.View[S, M]]{valueRead[S, M]()}
	return system
}

// once is a node that crashes, and comes back.
var once = explore.Faults{Crashes: 1, Restarts: 1}

func exploreSingleCopy() *Exploration {
	shows := map[string]Setup{"volatile": {Nodes: 1, Clients: 2, Faults: once}}
	return registers(Setup{Nodes: 1, Clients: 2}, shows, func(s Setup, c Chosen) explore.Explorer {
		return linearizableRegister(s, singlecopy.Actor{Volatile: c.bug() == "volatile"})
	})
}

func exploreMajorityRegister() *Exploration {
	shows := map[string]Setup{
		"no-write-back": {Nodes: 3, Clients: 2, Calls: oneWriter},
		"volatile":      {Nodes: 3, Clients: 2, Calls: oneWriter, Network: explore.Ordered, Faults: once},
	}
	return registers(Setup{Nodes: 2, Clients: 2}, shows, func(s Setup, c Chosen) explore.Explorer {
		return linearizableRegister(s, abdWith(c))
	})
}

func exploreSynod() *Exploration {
	shows := map[string]Setup{"volatile": {Nodes: 3, Clients: 2, Faults: once}}
	e := registers(Setup{Nodes: 3, Clients: 2}, shows, nil)
	// Ballots are ordered by the names of proposers, but acceptors that propose nothing
	// are alike.
	e.Symmetric = true
	e.System = func(s Setup, c Chosen) (explore.Explorer, error) {
		return symmetric(s, linearizableRegister(s, paxosWith(c)))
	}
	return e
}

func explorePrimaryBackup() *Exploration {
	shows := map[string]Setup{
		"local-reads": {Nodes: 3, Clients: 3, Calls: oneReader, Timeouts: 1},
	}
	return registers(Setup{Nodes: 3, Clients: 2, Network: explore.Ordered, Timeouts: 1}, shows, func(s Setup, c Chosen) explore.Explorer {
		return linearizableRegister(s, primaryBackupWith(c))
	})
}
