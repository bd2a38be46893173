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

	// front is how many nodes at the front of the order may be struck; 0 is all.
	front int
}

// asksLeader says that it has to be known who leads when the fault strikes.
func (p Planned) asksLeader() bool {
	s, err := parseShape(p.Shape)
	return err == nil && s.asksLeader()
}

// Timing says how long faults last and how long nothing is broken in between.
// Both vary by half of their length, unless they are fixed.
type Timing struct {
	Duration, Hold, Quiet time.Duration
	Fixed                 bool
	// Overlap is how often two families strike at once.
	Overlap Overlap
}

// Overlap is how often two families strike at once, of those that can. Its zero value
// is now and then.
type Overlap uint8

const (
	Sometimes Overlap = iota
	Never
	Always
)

// Plan makes the schedule that the seed stands for. The same arguments always
// give the same schedule. Every family has its turn before one has another.
func (s Spec) Plan(seed int64, nodes []string, t Timing) []Step {
	s = s.within(nodes)
	if len(s.Families) == 0 || t.Hold <= 0 {
		return nil
	}
	return s.planner(seed, nodes).plan(t.fit(len(s.Families)))
}

// fit shortens holds and quiet times so that every family has its turn in the first
// part of the run, for injecting and healing take their time too.
func (t Timing) fit(families int) Timing {
	share := t.Duration * 3 / 5 / time.Duration(families)
	if step := t.Hold + t.Quiet; share > 0 && step > share {
		t.Hold = time.Duration(float64(t.Hold) / float64(step) * float64(share))
		t.Quiet = share - t.Hold
	}
	return t
}

// planner draws what happens.
type planner struct {
	families []Family
	nodes    []string
	random   *rand.Rand
	turns    rotation
	// shapes are the turns of each family's shapes.
	shapes []rotation
}

func (s Spec) planner(seed int64, nodes []string) *planner {
	p := &planner{families: s.Families, nodes: nodes, random: rand.New(rand.NewPCG(uint64(seed), 0x6e656d65736973))}
	p.turns = rotation{random: p.random, of: len(s.Families)}
	for _, f := range s.Families {
		p.shapes = append(p.shapes, rotation{random: p.random, of: len(f.Shapes)})
	}
	return p
}

func (p *planner) plan(t Timing) []Step {
	length := func(d time.Duration) time.Duration {
		if t.Fixed {
			return d
		}
		return vary(p.random, d)
	}
	var steps []Step
	for at := time.Duration(0); at < t.Duration; {
		step := Step{Quiet: length(t.Quiet), Hold: length(t.Hold), Faults: p.draw(t.Overlap)}
		steps = append(steps, step)
		at += step.Quiet + step.Hold
	}
	return steps
}

// rotation is a random order in which everything has its turn before anything has
// another.
type rotation struct {
	random *rand.Rand
	of     int
	left   []int
}

func (r *rotation) next() int {
	if len(r.left) == 0 {
		r.left = r.random.Perm(r.of)
	}
	turn := r.left[0]
	r.left = r.left[1:]
	return turn
}

// draw chooses what happens in one step: mostly one family, now and then two at
// once, but not two that would get in each other's way.
func (p *planner) draw(o Overlap) []Planned {
	first := p.turns.next()
	faults := []Planned{p.drawOf(first)}
	if o == Never || o == Sometimes && p.random.IntN(3) != 0 {
		return faults
	}
	for _, second := range p.random.Perm(len(p.families)) {
		if second == first || clash(p.families[first].Name, p.families[second].Name) {
			continue
		}
		return inOrder(append(faults, p.drawOf(second)))
	}
	return faults
}

func (p *planner) drawOf(family int) Planned {
	f := p.families[family]
	return f.planned(f.Shapes[p.shapes[family].next()], p.random, p.nodes)
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
// them. And members change only while the others agree.
func clash(a, b string) bool {
	spoils := func(family string) bool { return family == "packets" || family == "tamper" }
	cuts := func(family string) bool {
		return family == "kill" || family == "partition" || family == processFamily
	}
	return stops(a) && stops(b) || a == "corrupt" || b == "corrupt" ||
		a == diskFamily || b == diskFamily || a == membershipFamily || b == membershipFamily ||
		spoils(a) && cuts(b) || spoils(b) && cuts(a) || spoils(a) && spoils(b)
}

// planned leaves to chance what a shape does not say.
func (f Family) planned(shape string, random *rand.Rand, nodes []string) Planned {
	p := Planned{Family: f.Name, Shape: shape}
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
