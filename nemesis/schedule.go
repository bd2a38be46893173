package nemesis

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Step is one moment of a schedule: after a quiet time some faults begin
// together, hold, and are healed. Injecting and healing take time of their own,
// so steps follow each other and have no fixed moments.
type Step struct {
	Quiet, Hold time.Duration
	Faults      []Planned
}

// Planned is a fault before it strikes. Who the leader will be nobody knows
// yet; all else is fixed.
type Planned struct {
	Family string
	// Shape is in the words of the specification.
	Shape string
	// Order is a permutation of the nodes; a shape takes them from its front.
	Order []string
	// Flip decides what a shape leaves open: the direction of a one-way cut.
	Flip bool
}

// asksLeader says that it has to be known who leads when the fault strikes.
func (p Planned) asksLeader() bool {
	s, err := parseShape(p.Shape)
	return err == nil && s.asksLeader()
}

// Timing says how long faults last and how long nothing is broken in between.
// Both vary by half of their length.
type Timing struct {
	Duration, Hold, Quiet time.Duration
}

// Plan makes the schedule that the seed stands for. The same arguments always
// give the same schedule.
func (s Spec) Plan(seed int64, nodes []string, t Timing) []Step {
	if len(s.Families) == 0 || t.Hold <= 0 {
		return nil
	}
	random := rand.New(rand.NewPCG(uint64(seed), 0x6e656d65736973))
	var steps []Step
	for at := time.Duration(0); at < t.Duration; {
		step := Step{Quiet: vary(random, t.Quiet), Hold: vary(random, t.Hold), Faults: s.draw(random, nodes)}
		steps = append(steps, step)
		at += step.Quiet + step.Hold
	}
	return steps
}

// draw chooses what happens in one step: mostly one family, now and then two at
// once, but not two that would get in each other's way.
func (s Spec) draw(random *rand.Rand, nodes []string) []Planned {
	first := random.IntN(len(s.Families))
	faults := []Planned{s.Families[first].draw(random, nodes)}
	if len(s.Families) == 1 || random.IntN(3) != 0 {
		return faults
	}
	second := (first + 1 + random.IntN(len(s.Families)-1)) % len(s.Families)
	if clash(s.Families[first].Name, s.Families[second].Name) {
		return faults
	}
	return inOrder(append(faults, s.Families[second].draw(random, nodes)))
}

// inOrder puts a clock in front of any other fault: that of a dead process cannot be
// seen, that of a frozen one not be changed, and a leader may not be one any more when
// it has been cut off for a while.
func inOrder(faults []Planned) []Planned {
	if faults[1].Family == "clock" {
		slices.Reverse(faults)
	}
	return faults
}

// stops says whether a family stops processes.
func stops(family string) bool {
	return family == "kill" || family == "pause" || family == processFamily
}

// clash says that two families cannot hold at once: a killed node cannot be
// paused, corruption cannot be seen where nothing is sent, and what happens to
// packets not where none get through. Disks fail alone: only nodes that work use
// them.
func clash(a, b string) bool {
	spoils := func(family string) bool { return family == "packets" || family == "tamper" }
	cuts := func(family string) bool {
		return family == "kill" || family == "partition" || family == processFamily
	}
	return stops(a) && stops(b) || a == "corrupt" || b == "corrupt" ||
		a == diskFamily || b == diskFamily ||
		spoils(a) && cuts(b) || spoils(b) && cuts(a) || spoils(a) && spoils(b)
}

func (f Family) draw(random *rand.Rand, nodes []string) Planned {
	p := Planned{Family: f.Name, Shape: f.Shapes[random.IntN(len(f.Shapes))]}
	for _, i := range random.Perm(len(nodes)) {
		p.Order = append(p.Order, nodes[i])
	}
	p.Flip = random.IntN(2) == 0
	return p
}

// vary draws from half to one and a half of d.
func vary(random *rand.Rand, d time.Duration) time.Duration {
	return d/2 + time.Duration(random.Float64()*float64(d))
}
