package explore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/sim/explore"
)

// Election is a protocol that somebody has just written: whoever's timer fires first
// asks for votes, and leads with those of a majority.
type Election struct{}

type Voter struct {
	Vote  actor.ID
	Votes map[actor.ID]bool
	Leads bool
}

type Ballot struct{ Ask, Yes bool }

func (Election) Start(c actor.Context[Ballot], _ [][]byte) Voter {
	c.SetTimer("impatience", time.Second)
	return Voter{}
}

func (Election) Timer(c actor.Context[Ballot], v *Voter, _ string) {
	if v.Vote != "" {
		return
	}
	v.Vote, v.Votes = c.Self(), map[actor.ID]bool{c.Self(): true}
	for _, p := range c.Peers() {
		c.Send(p, Ballot{Ask: true})
	}
}

func (Election) Receive(c actor.Context[Ballot], v *Voter, from actor.ID, b Ballot) {
	switch {
	case b.Ask && v.Vote == "":
		v.Vote = from
		c.Send(from, Ballot{Yes: true})
	case b.Yes && v.Votes != nil:
		v.Votes[from] = true
		v.Leads = len(v.Votes) > (len(c.Peers())+1)/2
	}
}

func (Election) Request(actor.Context[Ballot], *Voter, uint64, []byte) {}

// The votes are not persisted, so that a node that crashes votes twice.
func Example() {
	oneLeader := explore.Always("one leader", func(v explore.View[Voter, Ballot]) error {
		var leaders []actor.ID
		for id, s := range v.States() {
			if s.Leads {
				leaders = append(leaders, id)
			}
		}
		if len(leaders) > 1 {
			return fmt.Errorf("%v lead", leaders)
		}
		return nil
	})
	system := explore.System[Voter, Ballot]{
		Nodes:      explore.Cluster(Election{}, 3),
		Properties: []explore.Property[explore.View[Voter, Ballot]]{oneLeader},
	}
	for _, crashes := range []int{0, 1} {
		system.Faults = explore.Faults{Crashes: crashes, Restarts: crashes}
		result, err := system.Explore(context.Background(), explore.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		found := result.Property("one leader")
		fmt.Printf("%d crashes: %v, %s\n", crashes, found.Validity, found.Reason)
		if found.Trace != nil {
			for _, step := range found.Trace.Labels() {
				fmt.Println(" ", step)
			}
		}
	}
	// Output:
	// 0 crashes: valid, holds in all 104 states
	// 1 crashes: invalid, after 8 steps: [n1 n3] lead
	//   timeout n1 impatience
	//   deliver n1 → n2 {Ask:true}
	//   crash n2
	//   restart n2
	//   timeout n3 impatience
	//   deliver n2 → n1 {Yes:true}
	//   deliver n3 → n2 {Ask:true}
	//   deliver n2 → n3 {Yes:true}
}
