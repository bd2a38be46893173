package protocols

import (
	"fmt"

	"github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/checkers/linearizability/queue"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/call"
	"github.com/assaykit/assay/harness/protocols/leaselock"
	"github.com/assaykit/assay/harness/protocols/retryqueue"
	"github.com/assaykit/assay/harness/sim/explore"
)

// What is explored of the lock: workers that write to a storage, or clients whose
// history is judged.
const (
	usersSetting = "users"
	anybody      = "any"
	workers      = "workers"
	clients      = "clients"
)

func exploreLeaseLock() *Exploration {
	return &Exploration{
		LeastNodes: 1,
		Settings: []cluster.Setting{{
			Key: usersSetting, Default: anybody, About: "who uses the lock",
			Choices: []cluster.Choice{
				{Value: anybody, About: "those with whom the mistake shows"},
				{Value: workers, About: "nodes that write to a storage while they hold it"},
				{Value: clients, About: "clients that acquire and release it"},
			},
		}},
		Setup: func(c Chosen) Setup {
			switch {
			case c.lockUsers() == workers:
				return Setup{Nodes: 4, Timeouts: 2}
			case c.bug() == "volatile":
				return Setup{Nodes: 2, Clients: 2, Timeouts: 1, Faults: explore.Faults{Crashes: 1, Restarts: 1}}
			}
			return Setup{Nodes: 2, Clients: 2, Timeouts: 1}
		},
		System: func(s Setup, c Chosen) (explore.Explorer, error) {
			if c.lockUsers() == workers {
				return workshop(s, c)
			}
			return lockClients(s, c)
		},
	}
}

// lockUsers are those that a mistake shows with, unless they were chosen.
func (c Chosen) lockUsers() string {
	if users := c[usersSetting]; users != "" && users != anybody {
		return users
	}
	if bug := c.bug(); bug == "" || bug == "no-fencing" {
		return workers
	}
	return clients
}

// workshop is the lock in use: nobody may write after a later holder has.
func workshop(s Setup, c Chosen) (explore.Explorer, error) {
	if err := within("nodes", s.Nodes, 3, 0); err != nil {
		return nil, err
	}
	if s.Clients > 0 {
		return nil, fmt.Errorf("the workers are nodes, there are no clients; choose users=%s for them", clients)
	}
	type view = explore.View[leaselock.Place, leaselock.Note]
	system := assemble(s, leaselock.Workshop{Lock: leaselockWith(c)})
	storage := system.Nodes[1].ID
	system.Properties = []explore.Property[view]{
		explore.Always("writes come in the order of the holds", func(v view) error {
			return v.State(storage).Storage.InOrder()
		}),
		explore.Sometimes("every worker has written", func(v view) bool {
			return len(v.State(storage).Storage.Written) == s.Nodes-2
		}),
	}
	return system, nil
}

// lockClients acquire the lock without a time, and release it: a mutex. The first one
// keeps it, for clients do the next thing at once, and who has begun to release a lock
// holds it no longer for certain.
func lockClients(s Setup, c Chosen) (explore.Explorer, error) {
	scripts := make([][]explore.Call, s.Clients)
	for i := range scripts {
		scripts[i] = []explore.Call{owns(call.Acquire, i+1)}
		if i > 0 {
			scripts[i] = append(scripts[i], owns(call.Release, i+1))
		}
	}
	system := assemble(s, leaselockWith(c), scripts...)
	system.Promises = []explore.Promise{explore.Linearizable(lock.Mutex())}
	system.Properties = []explore.Property[explore.View[leaselock.State, leaselock.Message]]{
		finished[leaselock.State, leaselock.Message](),
	}
	return system, nil
}

func exploreRetryQueue() *Exploration {
	return &Exploration{
		LeastNodes: 1, LeastClients: 1,
		Setup: func(Chosen) Setup { return Setup{Nodes: 2, Clients: 2, Timeouts: 1} },
		System: func(s Setup, c Chosen) (explore.Explorer, error) {
			scripts := make([][]explore.Call, s.Clients)
			for i := range scripts {
				scripts[i] = []explore.Call{says(call.Send, i+1), asks(call.Receive)}
			}
			system := assemble(s, retryqueueWith(c), scripts...)
			system.Promises = []explore.Promise{explore.Linearizable(queue.Type())}
			system.Properties = []explore.Property[explore.View[retryqueue.State, retryqueue.Message]]{
				finished[retryqueue.State, retryqueue.Message](),
			}
			return system, nil
		},
	}
}
