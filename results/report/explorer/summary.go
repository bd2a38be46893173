package explorer

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// Summary counts operations by a name, the most frequent first.
type Summary struct {
	// Of is what the names are of.
	Of   string
	Rows []SummaryRow
	// Left is how many names it has no row for; "" if there are none.
	Left string
}

// SummaryRow is a name with its operations.
type SummaryRow struct{ Name, Total, OK, Failed, Unknown string }

const mostSummed = 24

// summarize counts by node and by key.
func summarize(in Input, n *names) (nodes, keys Summary) {
	byNode, byKey := make([]tally, len(n.nodes.names)), make([]tally, len(n.keys.names))
	for i := range in.Calls {
		c := &in.Calls[i]
		byNode[n.nodes.number[c.Node]].add(c.Type)
		byKey[n.keys.number[c.Key]].add(c.Type)
	}
	return sum(in, "node", byNode, n.nodes.names), sum(in, "key", byKey, n.keys.names)
}

type tally struct{ ok, failed, unknown int }

func (t *tally) add(how history.Type) {
	switch how {
	case history.OK:
		t.ok++
	case history.Fail:
		t.failed++
	default:
		t.unknown++
	}
}

func (t tally) total() int { return t.ok + t.failed + t.unknown }

func sum(in Input, of string, counts []tally, names []string) Summary {
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b].total(), counts[a].total()) })
	s := Summary{Of: of}
	for _, i := range order[:min(len(order), mostSummed)] {
		t := counts[i]
		s.Rows = append(s.Rows, SummaryRow{cmp.Or(in.Tidy(names[i], mostName), "–"), number(t.total()), number(t.ok), number(t.failed), number(t.unknown)})
	}
	if left := len(order) - len(s.Rows); left > 0 {
		s.Left = number(left)
	}
	return s
}

func number(n int) string { return checkers.Number(n) }
