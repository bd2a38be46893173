package collection

import "github.com/assaykit/assay/checkers/linearizability/object"

// groups are operations by their values: the places of each value's additions and
// then of its removals, both in the order of their starts.
type groups struct {
	places []int32
	of     []group
}

// group are the places from..middle of a value's additions and middle..to of its
// removals.
type group struct{ from, middle, to int32 }

func (g *groups) adds(i int) []int32    { return g.places[g.of[i].from:g.of[i].middle] }
func (g *groups) removes(i int) []int32 { return g.places[g.of[i].middle:g.of[i].to] }

// byValue groups operations in the order in which their values first come up.
func (h *History) byValue(ops []object.Op) groups {
	g := h.counted(ops)
	sum := int32(0)
	for i, count := range g.of {
		// until it is filled, middle and to are where the next one goes
		g.of[i] = group{from: sum, middle: sum, to: sum + count.middle}
		sum += count.middle + count.to
	}
	g.places = make([]int32, sum)
	for i := range ops {
		value, removed, ok := Value(ops[i].Class)
		if !ok {
			continue
		}
		next := &g.of[h.slots[value]-1].middle
		if removed {
			next = &g.of[h.slots[value]-1].to
		}
		g.places[*next] = int32(i)
		*next++
	}
	for i := range ops {
		if value, _, ok := Value(ops[i].Class); ok {
			h.slots[value] = 0
		}
	}
	return g
}

// counted are groups with numbers of additions and removals for middle and to. The
// slots are the groups' numbers, from 1.
func (h *History) counted(ops []object.Op) groups {
	g := groups{of: make([]group, 0, min(len(ops), len(h.values)))}
	for i := range ops {
		value, removed, ok := Value(ops[i].Class)
		if !ok {
			continue
		}
		if h.slots[value] == 0 {
			g.of = append(g.of, group{})
			h.slots[value] = int32(len(g.of))
		}
		if removed {
			g.of[h.slots[value]-1].to++
		} else {
			g.of[h.slots[value]-1].middle++
		}
	}
	return g
}
