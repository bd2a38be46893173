package runs

import (
	"slices"
	"time"

	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/shrink"
	"github.com/assaykit/assay/harness/sim/world"
)

type pass = shrink.Pass[sim.Plan, *sim.Outcome]

// passes are in the order in which they save most: first what makes all later runs
// short, last what only makes the result more pleasant to read.
func passes() []pass {
	return []pass{
		cutAtViolation,
		patiently(onlyWitness),
		fewerNodes,
		fewFaults,
		shrink.List[sim.Plan, *sim.Outcome](clients, withClients),
		shrink.List[sim.Plan, *sim.Outcome](operations, withOperations),
		shrink.List[sim.Plan, *sim.Outcome](final, withFinal),
		shrink.List[sim.Plan, *sim.Outcome](faults, withFaults),
		shrink.Each[sim.Plan, *sim.Outcome](faults, withFaults, shorter),
		shrink.List[sim.Plan, *sim.Outcome](messages, withMessages),
		persevere,
		calm,
		cutAtViolation,
		sooner,
		rounder,
		simplerNames,
	}
}

func operations(p sim.Plan) []sim.Operation { return p.Operations }

func withOperations(p sim.Plan, some []sim.Operation) sim.Plan {
	p.Operations = append([]sim.Operation{}, some...)
	return p
}

func final(p sim.Plan) []sim.Operation { return p.Final }

func withFinal(p sim.Plan, some []sim.Operation) sim.Plan {
	p.Final = append([]sim.Operation{}, some...)
	return p
}

func messages(p sim.Plan) []world.Strange { return p.Messages }

func withMessages(p sim.Plan, some []world.Strange) sim.Plan {
	p.Messages = append([]world.Strange{}, some...)
	return p
}

// clients are those who do anything.
func clients(p sim.Plan) []int {
	var all []int
	for _, ops := range [][]sim.Operation{p.Operations, p.Final} {
		for _, o := range ops {
			all = append(all, o.Client)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func withClients(p sim.Plan, some []int) sim.Plan {
	gone := func(o sim.Operation) bool { return !slices.Contains(some, o.Client) }
	p = withOperations(p, slices.DeleteFunc(slices.Clone(p.Operations), gone))
	return withFinal(p, slices.DeleteFunc(slices.Clone(p.Final), gone))
}

// fewFaults tries, while a run still takes long, what saves much of it at once: no
// message that is disturbed, and then only the last one, two or three faults.
func fewFaults(s *search) {
	if len(s.Best.Messages) > 0 {
		s.Try(withMessages(s.Best, nil))
	}
	all := faults(s.Best)
	for n := range min(4, len(all)) {
		if s.Try(withFaults(s.Best, all[len(all)-n:])) {
			return
		}
	}
}

// fewerNodes tries clusters of 1, 2, 3 and so on nodes. Who worked at a node that is
// gone works at another one.
func fewerNodes(s *search) {
	for n := 1; n < s.Best.Nodes && !s.Over(); n++ {
		if s.Try(withNodes(s.Best, n)) {
			return
		}
	}
}

func withNodes(p sim.Plan, n int) sim.Plan {
	p.Nodes = n
	p = withFaults(p, faults(p)) // whose orders of nodes are other ones now
	return withMessages(p, slices.DeleteFunc(slices.Clone(p.Messages), func(m world.Strange) bool {
		return !known(m.From, n) || !known(m.To, n)
	}))
}

// patiently is a pass whose plans get many more chances: where every operation that is
// left out changes what becomes of all others, few of the chances are good ones.
func patiently(p pass) pass {
	return func(s *search) {
		s.Variants = otherSeeds(100, 100)
		defer func() { s.Variants = usually }()
		p(s)
	}
}

// persevere is patient with single operations, if what is left is still too much to
// follow.
func persevere(s *search) {
	if !SizeOf(s.Outcome).small() {
		patiently(fewerNodes)(s)
		patiently(shrink.List[sim.Plan, *sim.Outcome](operations, withOperations))(s)
	}
}

// calm tries a network and disks that always take the same time.
func calm(s *search) {
	p := s.Best
	p.Weather.Loss, p.Weather.Repeat, p.Weather.Late = 0, 0, 0 // said message by message
	p.Weather.Fastest, p.Weather.Slowest = time.Millisecond/2, time.Millisecond/2
	p.Weather.FastestSync, p.Weather.SlowestSync = time.Millisecond/2, time.Millisecond/2
	s.Try(p)
}
