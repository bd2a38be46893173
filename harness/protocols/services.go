package protocols

import (
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/abd"
	"github.com/assaykit/assay/harness/protocols/call"
	"github.com/assaykit/assay/harness/protocols/leaselock"
	"github.com/assaykit/assay/harness/protocols/paxos"
	"github.com/assaykit/assay/harness/protocols/primarybackup"
	"github.com/assaykit/assay/harness/protocols/retryqueue"
	"github.com/assaykit/assay/harness/protocols/singlecopy"
	"github.com/assaykit/assay/harness/protocols/twophase"
)

// The data types that services offer, by the names of their interfaces.
const (
	registerType  = "Register"
	consensusType = "Consensus"
	leaseType     = "Lease"
	lockType      = "Lock"
	queueType     = "Queue"
)

// retry is after what time a service sends again what was not answered: a few round
// trips of a local network, and much less than any client waits.
const retry = 50 * time.Millisecond

func singleCopy() Protocol {
	return Protocol{
		Name:  "single-copy",
		About: "a register of which the node that is asked holds the only copy: linearizable with one node, and no more",
		Settings: []cluster.Setting{bugs(
			cluster.Choice{Value: "volatile", About: "the register is kept in memory only"},
		)},
		Exploration: exploreSingleCopy(),
		Service: &Service{
			Types: []string{registerType}, Probe: call.Request{F: call.Read},
			Make: func(c Chosen) (Node, error) {
				return many(singlecopy.Actor{Volatile: c.bug() == "volatile"}), nil
			},
		},
	}
}

func majorityRegister() Protocol {
	return Protocol{
		Name:  "abd",
		About: "a register at a majority of the nodes, without a leader (Attiya, Bar-Noy, Dolev): reads and writes",
		Settings: []cluster.Setting{bugs(
			cluster.Choice{Value: "no-write-back", About: "a read is answered before what it found is at a majority"},
			cluster.Choice{Value: "volatile", About: "copies are kept in memory only"},
		)},
		Exploration: exploreMajorityRegister(),
		Service: &Service{
			Types: []string{registerType}, Probe: call.Request{F: call.Read},
			Restrictions: map[string]map[string]string{"register": {"cas-share": "0"}},
			Make: func(c Chosen) (Node, error) {
				a := abdWith(c)
				a.Retry = retry
				return manyInTurn(a), nil
			},
		},
	}
}

func abdWith(c Chosen) abd.Actor {
	return abd.Actor{NoWriteBack: c.bug() == "no-write-back", Volatile: c.bug() == "volatile"}
}

func synod() Protocol {
	return Protocol{
		Name:  "paxos",
		About: "single-decree Paxos: the nodes decide one value, for ever (Lamport)",
		Settings: []cluster.Setting{bugs(
			cluster.Choice{Value: "accept-any", About: "acceptors accept ballots older than the one that they promised"},
			cluster.Choice{Value: "own-value", About: "a proposer proposes its own value whatever was accepted before"},
			cluster.Choice{Value: "quorum-1", About: "one node is a quorum"},
			cluster.Choice{Value: "volatile", About: "promises are kept in memory only"},
		)},
		Exploration: exploreSynod(),
		Service: &Service{
			Types: []string{consensusType}, Probe: call.Request{F: call.Learn},
			Make: func(c Chosen) (Node, error) {
				a := paxosWith(c)
				a.Retry = retry
				return many(a), nil
			},
		},
	}
}

func paxosWith(c Chosen) paxos.Actor {
	a := paxos.Actor{
		AcceptAny: c.bug() == "accept-any", OwnValue: c.bug() == "own-value", Volatile: c.bug() == "volatile",
	}
	if c.bug() == "quorum-1" {
		a.Quorum = 1
	}
	return a
}

func twoPhaseCommit() Protocol {
	return Protocol{
		Name:  "two-phase-commit",
		About: "a value is committed at all nodes or at none, by a coordinator that collects votes (Gray)",
		Settings: []cluster.Setting{bugs(
			cluster.Choice{Value: "commit-in-doubt", About: "a node that has voted and hears nothing commits"},
			cluster.Choice{Value: "tell-first", About: "a coordinator tells of its decision before it is durable"},
		)},
		Exploration: exploreTwoPhaseCommit(),
		Service: &Service{
			Types: []string{consensusType}, Probe: call.Request{F: call.Learn},
			Make: func(c Chosen) (Node, error) {
				a := twophaseWith(c)
				a.Patience = 4 * retry
				return many(a), nil
			},
		},
	}
}

func twophaseWith(c Chosen) twophase.Actor {
	return twophase.Actor{CommitInDoubt: c.bug() == "commit-in-doubt", TellFirst: c.bug() == "tell-first"}
}

func primaryBackup() Protocol {
	return Protocol{
		Name:  "primary-backup",
		About: "a register that one node keeps and the others copy, one of which takes over when it is silent",
		Settings: []cluster.Setting{bugs(
			cluster.Choice{Value: "asynchronous", About: "the primary answers before anybody else knows"},
			cluster.Choice{Value: "local-reads", About: "the primary answers reads without asking whether it still is"},
		)},
		Exploration: explorePrimaryBackup(),
		Service: &Service{
			Types: []string{registerType}, Probe: call.Request{F: call.Read},
			Make: func(c Chosen) (Node, error) { return many(primaryBackupWith(c)), nil },
		},
	}
}

func primaryBackupWith(c Chosen) primarybackup.Actor {
	return primarybackup.Actor{Asynchronous: c.bug() == "asynchronous", LocalReads: c.bug() == "local-reads"}
}

func leaseLock() Protocol {
	return Protocol{
		Name:  "lease-lock",
		About: "a lock whose holds end by themselves, with tokens that fence off whoever is late",
		Settings: []cluster.Setting{bugs(
			cluster.Choice{Value: "no-fencing", About: "holds have no tokens"},
			cluster.Choice{Value: "expires", About: "a lock that was asked for without a time is free again after a second"},
			cluster.Choice{Value: "volatile", About: "holds are kept in memory only"},
		)},
		Exploration: exploreLeaseLock(),
		Service: &Service{
			Types: []string{leaseType, lockType}, Probe: call.Request{F: call.Release},
			Make: func(c Chosen) (Node, error) { return many(leaselockWith(c)), nil },
		},
	}
}

func leaselockWith(c Chosen) leaselock.Actor {
	a := leaselock.Actor{NoFencing: c.bug() == "no-fencing", Volatile: c.bug() == "volatile"}
	if c.bug() == "expires" {
		a.Lease = time.Second
	}
	return a
}

func retryQueue() Protocol {
	return Protocol{
		Name:  "retry-queue",
		About: "a queue at one node, of which the others ask again what was not answered: at least once, made once",
		Settings: []cluster.Setting{bugs(
			cluster.Choice{Value: "no-deduplication", About: "what is asked again is done again"},
		)},
		Exploration: exploreRetryQueue(),
		Service: &Service{
			Types: []string{queueType}, Probe: call.Request{F: call.Receive},
			Make: func(c Chosen) (Node, error) { return many(retryqueueWith(c)), nil },
		},
	}
}

func retryqueueWith(c Chosen) retryqueue.Actor {
	return retryqueue.Actor{Repeats: c.bug() == "no-deduplication"}
}
