package explore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/sim/explore"
)

// TestExchangedNames compares orbits of an election among equals with those that are
// counted in the states themselves, written down under all six ways to exchange names.
func TestExchangedNames(t *testing.T) {
	orbits := map[string]bool{}
	s := explore.System[Voter, Ballot]{Nodes: explore.Cluster(Election{}, 3)}
	s.Properties = []explore.Property[electionView]{explore.Always("written down", func(v electionView) error {
		orbits[orbitOf(v)] = true
		return nil
	})}
	all := explored(t, s, explore.Options{Workers: 1})
	s.Properties = nil
	s.Interchangeable = [][]actor.ID{{"n1", "n2", "n3"}}
	for _, o := range []explore.Options{{Workers: 1}, {Workers: 4}, {Search: explore.DepthFirst}} {
		got := explored(t, s, o)
		if got.Unique != len(orbits) || got.Unique >= all.Unique || o.Search == explore.BreadthFirst && got.Depth != all.Depth {
			t.Errorf("%+v: %v, want %d orbits of %v", o, got, len(orbits), all)
		}
	}
}

type electionView = explore.View[Voter, Ballot]

// orbitOf is the first of the ways to write a state down.
func orbitOf(v electionView) string {
	var ways []string
	for _, p := range permutations(3) {
		name := func(id actor.ID) string {
			if id == "" {
				return "nobody"
			}
			return fmt.Sprint(p[id[1]-'1'])
		}
		ways = append(ways, written(v, name))
	}
	return slices.Min(ways)
}

func written(v electionView, name func(actor.ID) string) string {
	var lines []string
	for id, s := range v.States() {
		votes := []string{}
		for from := range s.Votes {
			votes = append(votes, name(from))
		}
		slices.Sort(votes)
		lines = append(lines, fmt.Sprint(name(id), " ", name(s.Vote), s.Votes == nil, votes, s.Leads, v.Timers(id)))
	}
	for m := range v.Messages() {
		lines = append(lines, fmt.Sprint(name(m.From), ">", name(m.To), *m.Message))
	}
	slices.Sort(lines)
	return strings.Join(lines, ";")
}

// eldest is told by its name.
type eldest struct{ quiet[actor.ID, actor.ID] }

func (eldest) Start(c actor.Context[actor.ID], _ [][]byte) actor.ID {
	c.SetTimer("look", time.Second)
	return ""
}

func (eldest) Timer(c actor.Context[actor.ID], s *actor.ID, _ string) {
	*s = c.Self()
	for _, p := range c.Peers() {
		*s = min(*s, p)
	}
}

func TestNodesThatCompareNames(t *testing.T) {
	s := explore.System[actor.ID, actor.ID]{Nodes: explore.Cluster(eldest{}, 3), Interchangeable: [][]actor.ID{{"n1", "n2", "n3"}}}
	if _, err := s.Explore(context.Background(), explore.Options{}); err == nil || !strings.Contains(err.Error(), "not symmetric") {
		t.Errorf("error %v", err)
	}
}
