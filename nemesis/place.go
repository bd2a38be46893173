package nemesis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

// placeNames are the words for where a fault strikes.
func placeNames() []string {
	var names []string
	for _, s := range places() {
		names = append(names, s.Name)
	}
	return names
}

// checkPlace accepts the words of placeNames and lists of nodes.
func checkPlace(text string) error {
	if _, nodes := nodeList(text); nodes || slices.Contains(placeNames(), text) {
		return nil
	}
	return fmt.Errorf("no place is called %q; choose from %s or name nodes", text, strings.Join(placeNames(), ", "))
}

// place says which nodes a fault strikes.
func place(where string, order []string) []string {
	n := len(order)
	count := 1
	switch where {
	case "minority":
		count = max(1, (n-1)/2)
	case "majority":
		count = n/2 + 1
	case "all":
		count = n
	case "follower":
		order, count = order[min(1, n-1):], 1
	case "followers":
		order = order[min(1, n-1):]
		count = len(order)
	}
	nodes := slices.Clone(order[:count])
	if named, ok := nodeList(where); ok {
		nodes = slices.DeleteFunc(named, func(n string) bool { return !slices.Contains(order, n) })
	}
	slices.Sort(nodes)
	return nodes
}

// direction takes from a place whether it is about what goes to nodes or comes
// from them: "to-leader" and "from-n1"; without a word it is about both.
func direction(text string) (way, where string) {
	for _, way := range []string{"to", "from"} {
		if rest, ok := strings.CutPrefix(text, way+"-"); ok {
			return way, rest
		}
	}
	return "", text
}

// linksAt are the links between nodes that touch one of those struck, in a
// direction or in both.
func linksAt(struck, nodes []string, way string) []cluster.Link {
	var links []cluster.Link
	for _, from := range nodes {
		for _, to := range nodes {
			touches := way != "from" && slices.Contains(struck, to) || way != "to" && slices.Contains(struck, from)
			if from != to && touches {
				links = append(links, cluster.Link{From: from, To: to})
			}
		}
	}
	return links
}
