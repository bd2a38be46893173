package report

import (
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// mostKinds is how many kinds of operation the table has.
const mostKinds = 30

// kindRow is one kind of operation.
type kindRow struct {
	Name                       string
	Total, OK, Failed, Unknown string
	P50, P95, P99, Max         string
	// The shares are percentages of the total.
	OKShare, FailedShare, UnknownShare float64
}

// kind is what the rows are made from.
type kind struct {
	f        string
	final    bool
	outcomes outcomes
	took     []time.Duration
}

// tabulateKinds counts calls by what they did; those of the last phase, when
// nothing is broken any more, by themselves.
func tabulateKinds(r record) []kindRow {
	var kinds []*kind
	for _, c := range r.calls {
		k := find(&kinds, c)
		k.outcomes.add(c.Type)
		if c.Type == history.OK {
			k.took = append(k.took, c.End-c.Start)
		}
	}
	var rows []kindRow
	for _, k := range kinds {
		slices.Sort(k.took)
		rows = append(rows, k.row())
	}
	return rows
}

// find is the kind of a call; those beyond the table's end are taken together.
func find(kinds *[]*kind, c history.Call) *kind {
	for _, k := range *kinds {
		if k.f == c.F && k.final == c.Final {
			return k
		}
	}
	if len(*kinds) == mostKinds {
		return (*kinds)[mostKinds-1]
	}
	k := &kind{f: c.F, final: c.Final}
	if len(*kinds) == mostKinds-1 {
		k.f, k.final = "all others", false
	}
	*kinds = append(*kinds, k)
	return k
}

func (k *kind) row() kindRow {
	n := k.outcomes
	row := kindRow{
		Name:  tidy(k.f, 40),
		Total: checkers.Number(n.total()), OK: checkers.Number(n.ok), Failed: checkers.Number(n.failed), Unknown: checkers.Number(n.unknown),
		P50: k.quantile(0.5), P95: k.quantile(0.95), P99: k.quantile(0.99), Max: k.quantile(1),
		OKShare: share(n.ok, n), FailedShare: share(n.failed, n), UnknownShare: share(n.unknown, n),
	}
	if k.final {
		row.Name += " (final)"
	}
	return row
}

func (k *kind) quantile(share float64) string {
	if len(k.took) == 0 {
		return "–"
	}
	return lasted(percentile(k.took, share))
}

func share(part int, of outcomes) float64 {
	return round(100 * float64(part) / float64(max(1, of.total())))
}
