package runs

import (
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim"
)

// sooner tries to let everything happen earlier: without the time before the first
// operation or fault, then in less and less time.
func sooner(s *search) {
	s.Try(timed(s.Best, func(at time.Duration) time.Duration { return at - first(s.Best) }))
	for !s.Over() && s.Try(timed(s.Best, func(at time.Duration) time.Duration { return at / 2 })) {
	}
	s.Try(timed(s.Best, func(at time.Duration) time.Duration { return at * 3 / 4 }))
}

// rounder tries times that are round.
func rounder(s *search) {
	for _, unit := range []time.Duration{100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond} {
		if s.Try(timed(s.Best, func(at time.Duration) time.Duration { return at.Round(unit) })) {
			return
		}
	}
}

// first is when the first thing happens.
func first(p sim.Plan) time.Duration {
	at := p.Time
	for _, o := range p.Operations {
		at = min(at, o.At)
	}
	for _, f := range faults(p) {
		at = min(at, f.At)
	}
	return at
}

// timed is the plan with other times.
func timed(p sim.Plan, change func(time.Duration) time.Duration) sim.Plan {
	moved := faults(p)
	for i := range moved {
		end := change(moved[i].At + moved[i].Hold)
		moved[i].At = change(moved[i].At)
		moved[i].Hold = end - moved[i].At
	}
	p = withFaults(p, moved)
	p = withOperations(p, p.Operations)
	for i := range p.Operations {
		p.Operations[i].At = change(p.Operations[i].At)
	}
	p.Time = max(change(p.Time), time.Millisecond)
	return p
}

// simplerNames tries the names x, y, z for keys and the numbers 1, 2, 3 for values, in
// the order in which they are used, and low numbers for clients.
func simplerNames(s *search) {
	s.Try(withSimpleKeys(s.Best))
	s.Try(withSimpleValues(s.Best))
	if !s.Try(withClientsFrom0(s.Best, 1)) {
		s.Try(withClientsFrom0(s.Best, s.Best.Nodes))
	}
}

func withSimpleKeys(p sim.Plan) sim.Plan {
	names := make(map[string]string)
	return changed(p, func(o *sim.Operation) {
		if _, known := names[o.Key]; !known {
			names[o.Key] = keyName(len(names))
		}
		if o.Key != "" {
			o.Key = names[o.Key]
		}
	})
}

func keyName(i int) string {
	if i < 3 {
		return string(rune('x' + i))
	}
	return fmt.Sprint("k", i)
}

func withSimpleValues(p sim.Plan) sim.Plan {
	numbers := make(map[int]int)
	return changed(p, func(o *sim.Operation) { o.Value = simpleValue(o.Value, numbers) })
}

// simpleValue replaces numbers, but not 0, by the lowest that are free.
func simpleValue(v history.Value, numbers map[int]int) history.Value {
	if n, ok := v.Int(); ok && n > 0 {
		if _, known := numbers[n]; !known {
			numbers[n] = len(numbers) + 1
		}
		return history.Int(numbers[n])
	}
	items, ok := v.Items()
	if !ok {
		return v
	}
	simple := make([]history.Value, len(items))
	for i, item := range items {
		simple[i] = simpleValue(item, numbers)
	}
	return history.List(simple...)
}

// withClientsFrom0 gives clients the lowest numbers that are as much as before when
// divided by the modulus: with that of the number of nodes they stay at their nodes.
func withClientsFrom0(p sim.Plan, modulus int) sim.Plan {
	numbers := make(map[int]int)
	taken := make(map[int]bool)
	most := 0
	p = withOperations(p, p.Operations)
	for i, o := range p.Operations {
		if _, known := numbers[o.Client]; !known {
			n := o.Client % modulus
			for taken[n] {
				n += modulus
			}
			numbers[o.Client], taken[n] = n, true
		}
		p.Operations[i].Client = numbers[o.Client]
		most = max(most, numbers[o.Client])
	}
	p.Clients = most + 1
	return p
}

// changed is the plan with every operation changed.
func changed(p sim.Plan, change func(*sim.Operation)) sim.Plan {
	p = withFinal(withOperations(p, p.Operations), p.Final)
	for _, ops := range [][]sim.Operation{p.Operations, p.Final} {
		for i := range ops {
			change(&ops[i])
		}
	}
	return p
}
