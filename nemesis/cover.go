package nemesis

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/harness/cluster"
)

// A fault of links is counted as one of nodes in the way that proofs about systems do
// it: links that fail are laid to the charge of one of their ends, and of as few nodes
// as possible. A system that bears n bad nodes bears what n nodes explain. Whether a node
// "is partitioned away" could not be told of a ring, of which each sees a majority.

// cover is a smallest set of nodes, apart from those that are damaged already, such that
// every link touches one of either; ok is false if it takes more than so many.
func cover(links []cluster.Link, damaged []string, most int) (further []string, ok bool) {
	links = slices.Clone(links)
	slices.SortFunc(links, func(a, b cluster.Link) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	for few := 0; few <= most; few++ {
		if further, ok = coverWith(links, damaged, few); ok {
			return further, true
		}
	}
	return nil, false
}

// coverWith tries both ends of the first link that nobody is charged with, which finds
// a solution if there is one (a search tree of depth few).
func coverWith(links []cluster.Link, charged []string, few int) ([]string, bool) {
	free := func(l cluster.Link) bool { return !slices.Contains(charged, l.From) && !slices.Contains(charged, l.To) }
	at := slices.IndexFunc(links, free)
	if at < 0 {
		return nil, true
	}
	if few == 0 {
		return nil, false
	}
	for _, end := range []string{links[at].From, links[at].To} {
		if end == cluster.Clients {
			continue
		}
		rest, ok := coverWith(links[at+1:], append(slices.Clone(charged), end), few-1)
		if ok {
			return append(rest, end), true
		}
	}
	return nil, false
}

// least is how many nodes a shape of a family damages at the least, among that many.
func (f Family) least(text string, nodes []string) int {
	s, err := parseShape(text)
	if err != nil || f.Name != partitionFamily {
		return 1 // all else takes as few as it may
	}
	c, err := parseCuts(s)
	if err != nil || c.shrinks() {
		return 1
	}
	links := c.links(Planned{Order: nodes}).drop
	for few := range len(nodes) {
		if _, ok := cover(keys(links), nil, few); ok {
			return few
		}
	}
	return len(nodes)
}

func keys(links map[cluster.Link]bool) []cluster.Link {
	var all []cluster.Link
	for l := range links {
		all = append(all, l)
	}
	return all
}
