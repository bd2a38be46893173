package protocols

import (
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/harness/sim/explore"
)

type (
	raftView     = explore.View[raft.State, raft.Message]
	raftProperty = explore.Property[raftView]
)

// demo is the Raft that is the demo target. Its states are too many to visit them
// all: three nodes that elect each other again and again have no end.
func demo() Protocol {
	var mistakes []cluster.Choice
	for _, m := range raft.Mistakes() {
		mistakes = append(mistakes, cluster.Choice{Value: string(m.Bug), About: m.About})
	}
	return Protocol{
		Name:     "demo",
		About:    "the demo's Raft, as far as a bounded search comes: its first steps, with few timeouts and crashes",
		Settings: []cluster.Setting{bugs(mistakes...)},
		Exploration: &Exploration{
			LeastNodes: 1, Symmetric: true,
			Setup: func(c Chosen) Setup {
				s := Setup{Nodes: 3, Clients: 1, Timeouts: 2, Depth: 15}
				if raft.Bug(c.bug()) == raft.ForgetVote {
					s.Clients, s.Faults = 0, explore.Faults{Crashes: 1, Restarts: 1}
				}
				return s
			},
			System: func(s Setup, c Chosen) (explore.Explorer, error) { return symmetric(s, exploreRaft(s, c)) },
		},
	}
}

// exploreRaft asks of Raft what its paper proves first: one leader in a term, and
// logs that agree about what is committed.
func exploreRaft(s Setup, c Chosen) explore.System[raft.State, raft.Message] {
	// A random patience would be the same in all its values: any timer may fire.
	patience := 150 * time.Millisecond
	a := raft.New(raft.Config{Bug: raft.Bug(c.bug()), ElectionMin: patience, ElectionMax: patience})
	system := linearizableRegister(s, actor.Actor[raft.State, raft.Message](a))
	system.Properties = []raftProperty{
		explore.Always("one leader in a term", oneLeader),
		explore.Always("what is committed agrees", committedAgree),
		explore.Sometimes("there is a leader", func(v raftView) bool {
			for _, state := range v.States() {
				if state.Role == raft.LeaderRole {
					return true
				}
			}
			return false
		}),
	}
	return system
}

func oneLeader(v raftView) error {
	leaders := make(map[int]actor.ID)
	for _, id := range v.Nodes() {
		s := v.State(id)
		if s.Role != raft.LeaderRole || !v.Up(id) {
			continue
		}
		if other, two := leaders[s.Term]; two {
			return fmt.Errorf("%s and %s lead in term %d", other, id, s.Term)
		}
		leaders[s.Term] = id
	}
	return nil
}

func committedAgree(v raftView) error {
	for id, s := range v.States() {
		for other, o := range v.States() {
			for i := range min(s.Commit, o.Commit) {
				if x, y := s.Log[i], o.Log[i]; x.Term != y.Term {
					return fmt.Errorf("entry %d is committed by %s with term %d, and by %s with term %d", i+1, id, x.Term, other, y.Term)
				}
			}
		}
	}
	return nil
}
