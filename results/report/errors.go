package report

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

const (
	mostErrorRows = 20
	// mostPatterns bounds what is remembered while counting: a system may
	// answer every time with something else.
	mostPatterns = 2000
	otherErrors  = "other errors"
)

// errorRow is a group of errors that differ only in their numbers.
type errorRow struct {
	Outcome string
	Count   string
	// Example is one of them, First when it came first, Kinds what was tried.
	Example, First string
}

type errorTable struct {
	Rows []errorRow
	// Left is how many groups are not shown.
	Left int
}

type errorGroup struct {
	outcome history.Type
	pattern string
	count   int
	first   history.Call
}

func tabulateErrors(r record) errorTable {
	groups := groupErrors(r.calls)
	slices.SortStableFunc(groups, func(a, b *errorGroup) int { return cmp.Compare(b.count, a.count) })
	t := errorTable{Left: max(0, len(groups)-mostErrorRows)}
	for _, g := range groups[:len(groups)-t.Left] {
		example := tidy(g.first.Error, 300)
		if example == history.Mismatch {
			example += ": a compare-and-set found another value"
		}
		if g.pattern == otherErrors {
			example = otherErrors + ", such as: " + example
		}
		t.Rows = append(t.Rows, errorRow{
			Outcome: outcome(g.outcome), Count: checkers.Number(g.count), Example: example,
			First: moment(r.over(g.first), 3) + ", " + tidy(g.first.F, 24) + " on " + tidy(g.first.Node, 40),
		})
	}
	return t
}

func groupErrors(calls []history.Call) []*errorGroup {
	type id struct {
		outcome history.Type
		pattern string
	}
	var groups []*errorGroup
	place := map[id]*errorGroup{}
	numbers := regexp.MustCompile(`[0-9]+`)
	for _, c := range calls {
		if c.Error == "" {
			continue
		}
		text, _ := cut(c.Error, 160)
		key := id{c.Type, numbers.ReplaceAllString(text, "0")}
		if place[key] == nil && len(groups) >= mostPatterns {
			key.pattern = otherErrors
		}
		if place[key] == nil {
			place[key] = &errorGroup{outcome: c.Type, pattern: key.pattern, first: c}
			groups = append(groups, place[key])
		}
		place[key].count++
	}
	return groups
}
