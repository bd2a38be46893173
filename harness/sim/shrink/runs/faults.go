package runs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/nemesis"
)

// fault is a step of the nemesis with the moment at which it begins, from the
// beginning of the load: as one of a list from which others can be left out.
type fault struct {
	At, Hold time.Duration
	Faults   []nemesis.Planned
}

func faults(p sim.Plan) []fault {
	var all []fault
	at := time.Duration(0)
	for _, step := range p.Faults {
		at += step.Quiet
		all = append(all, fault{at, step.Hold, step.Faults})
		at += step.Hold
	}
	return all
}

// withFaults writes them as steps again, for the nodes that the plan has.
func withFaults(p sim.Plan, some []fault) sim.Plan {
	p.Faults = []nemesis.Step{}
	at := time.Duration(0)
	for _, f := range some {
		step := nemesis.Step{Quiet: max(0, f.At-at), Hold: f.Hold}
		for _, planned := range f.Faults {
			planned.Order = slices.DeleteFunc(slices.Clone(planned.Order), func(node string) bool { return !known(node, p.Nodes) })
			step.Faults = append(step.Faults, planned)
		}
		p.Faults = append(p.Faults, step)
		at = max(at, f.At) + f.Hold
	}
	return p
}

// known says whether a cluster of n nodes has this one.
func known(node string, n int) bool {
	var number int
	if _, err := fmt.Sscanf(node, "n%d", &number); err != nil {
		return true // whatever it is, it is no number of a node
	}
	return number <= n
}

// elsewhere are faults with the nodes in another order.
func elsewhere(all []nemesis.Planned, chance *rand.Rand) []nemesis.Planned {
	moved := slices.Clone(all)
	for i := range moved {
		order := slices.Clone(moved[i].Order)
		chance.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		moved[i].Order = order
	}
	return moved
}

// shorter are faults that are simpler than one: one of two that begin together, or
// one that does not last as long.
func shorter(f fault) []fault {
	var all []fault
	if len(f.Faults) > 1 {
		for i := range f.Faults {
			all = append(all, fault{f.At, f.Hold, f.Faults[i : i+1]})
		}
	}
	for _, part := range []time.Duration{4, 2} {
		if hold := f.Hold / part; hold >= 20*time.Millisecond {
			all = append(all, fault{f.At, hold, f.Faults})
		}
	}
	return all
}
