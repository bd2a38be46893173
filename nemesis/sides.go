package nemesis

import (
	"slices"

	"github.com/assaykit/assay/harness/cluster"
)

// apart are the groups of nodes that a partition leaves, whatever its shape: two
// nodes are in one group if each hears the other, be it through further nodes. It
// is nil if all are in one group, as those of a ring or a bridge.
func apart(nodes []string, drop map[cluster.Link]bool) [][]string {
	rest := slices.Sorted(slices.Values(nodes))
	var groups [][]string
	for len(rest) > 0 {
		group := within(rest[0], rest, drop)
		rest = slices.DeleteFunc(rest, func(n string) bool { return slices.Contains(group, n) })
		slices.Sort(group)
		groups = append(groups, group)
	}
	if len(groups) < 2 {
		return nil
	}
	return groups
}

// within is the group of a node among others.
func within(node string, others []string, drop map[cluster.Link]bool) []string {
	group := []string{node}
	for i := 0; i < len(group); i++ {
		for _, other := range others {
			if !slices.Contains(group, other) && bothHear(group[i], other, drop) {
				group = append(group, other)
			}
		}
	}
	return group
}

func bothHear(x, y string, drop map[cluster.Link]bool) bool {
	return !drop[cluster.Link{From: x, To: y}] && !drop[cluster.Link{From: y, To: x}]
}
