package counter

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// sums are sums of what was added up to each moment.
type sums struct {
	at []int
	// up is the sum of positive numbers, and down that of negative ones.
	up, down []int
}

// sumsOf are the sums of adds in the order of some moments.
func (n *counter) sumsOf(moment func(*object.Op) (int, bool)) *sums {
	type adding struct{ at, delta int }
	var adds []adding
	for i := range n.ops {
		c := &n.classes[n.ops[i].Class]
		if at, counts := moment(&n.ops[i]); counts && c.kind != read {
			adds = append(adds, adding{at, c.delta})
		}
	}
	slices.SortFunc(adds, func(a, b adding) int { return cmp.Compare(a.at, b.at) })
	s := &sums{}
	up, down := 0, 0
	for _, a := range adds {
		up, down = up+max(a.delta, 0), down+min(a.delta, 0)
		s.at, s.up, s.down = append(s.at, a.at), append(s.up, up), append(s.down, down)
	}
	return s
}

// before are the sums of what was added before a moment.
func (s *sums) before(moment int) (up, down int) {
	if k, _ := slices.BinarySearch(s.at, moment); k > 0 {
		return s.up[k-1], s.down[k-1]
	}
	return 0, 0
}

// outOfBounds finds who was told a number that is less or more than any choice of
// the adds under way can make: those that were over before it was invoked count, and
// those that were invoked before it was done may count (as in Jepsen's counter
// checker). It returns the one who was done first.
func (n *counter) outOfBounds() (worst *contradiction) {
	begun := n.sumsOf(func(op *object.Op) (int, bool) { return op.Start, true })
	over := n.sumsOf(func(op *object.Op) (int, bool) { return op.End, !op.Maybe })
	for i := range n.ops {
		op, c := &n.ops[i], &n.classes[n.ops[i].Class]
		if !c.told() || worst != nil && n.ops[worst.culprit].End < op.End {
			continue
		}
		// What it added itself counts both ways.
		upBegun, downBegun := begun.before(op.End)
		upOver, downOver := over.before(op.Start)
		low := upOver + downBegun + max(c.delta, 0)
		high := upBegun + downOver + min(c.delta, 0)
		switch {
		case c.number < low:
			worst = &contradiction{anomaly: TooLow, culprit: i, before: none, low: low, high: high}
		case c.number > high:
			worst = &contradiction{anomaly: TooHigh, culprit: i, before: none, low: low, high: high}
		}
	}
	return worst
}
