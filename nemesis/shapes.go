package nemesis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

// grudge says which links a partition cuts, which nodes that strikes, and how
// to say it to people. The order is the plan's, with the leader in front if the
// shape is leader.
func grudge(shape string, order []string, flip bool) (drop map[cluster.Link]bool, struck []string, detail string) {
	n := len(order)
	switch shape {
	case "halves":
		return split(order[:n/2], order[n/2:])
	case "majority":
		return split(order[:(n-1)/2], order[(n-1)/2:])
	case "ring":
		return ring(order)
	case "bridge":
		return bridge(order)
	case "one-way":
		return oneWay(order, flip)
	}
	return split(order[:min(1, n-1)], order[min(1, n-1):])
}

func split(a, b []string) (map[cluster.Link]bool, []string, string) {
	drop := map[cluster.Link]bool{}
	for _, x := range a {
		for _, y := range b {
			cut(drop, x, y)
		}
	}
	return drop, slices.Clone(a), sides(a, b)
}

func cut(drop map[cluster.Link]bool, x, y string) {
	drop[cluster.Link{From: x, To: y}] = true
	drop[cluster.Link{From: y, To: x}] = true
}

// bridge leaves one node that both halves can see.
func bridge(order []string) (map[cluster.Link]bool, []string, string) {
	n := len(order)
	middle, rest := order[n/2], slices.Delete(slices.Clone(order), n/2, n/2+1)
	a, b := rest[:len(rest)/2], rest[len(rest)/2:]
	drop, _, _ := split(a, b)
	return drop, rest, sides(a, b) + ", both see " + middle
}

// ring lets every node see just a majority: its neighbours on a circle, as many
// on either side as that takes. Three nodes have no such circle; there the
// shape is a chain, which is a bridge.
func ring(order []string) (map[cluster.Link]bool, []string, string) {
	n := len(order)
	if n <= 3 {
		return bridge(order)
	}
	reach := (n/2 + 1) / 2
	drop := map[cluster.Link]bool{}
	for i := range order {
		for j := i + 1; j < n; j++ {
			if distance := min(j-i, n-(j-i)); distance > reach {
				cut(drop, order[i], order[j])
			}
		}
	}
	return drop, slices.Clone(order), "ring " + strings.Join(order, "-")
}

func oneWay(order []string, flip bool) (map[cluster.Link]bool, []string, string) {
	drop := map[cluster.Link]bool{}
	for _, other := range order[1:] {
		if flip {
			drop[cluster.Link{From: order[0], To: other}] = true
		} else {
			drop[cluster.Link{From: other, To: order[0]}] = true
		}
	}
	if flip {
		return drop, order[:1], "nobody hears " + order[0]
	}
	return drop, order[:1], order[0] + " hears nobody"
}

func sides(a, b []string) string {
	return sorted(a) + " | " + sorted(b)
}

func sorted(nodes []string) string {
	nodes = slices.Clone(nodes)
	slices.Sort(nodes)
	return strings.Join(nodes, " ")
}

// leaderFirst moves the leader to the front of the order, if one is known.
func leaderFirst(order, leaders []string) (_ []string, detail string) {
	for _, leader := range leaders {
		if i := slices.Index(order, leader); i >= 0 {
			rest := slices.Delete(slices.Clone(order), i, i+1)
			return append([]string{leader}, rest...), fmt.Sprintf("leader %s", leader)
		}
	}
	return order, "no leader known"
}
