package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// mostFaults is how many rows the table of faults has.
const mostFaults = 200

// label names a fault in one line: "partition: leader n2 | n1 n3".
func (f fault) label(most int) string {
	detail := f.Fault.Detail
	if detail == "" {
		detail = strings.Join(f.Fault.Nodes, " ")
	}
	return clip(short(f.Fault.Name, 24)+" "+short(detail, most), most)
}

// title is what a fault says when it is pointed at.
func (f fault) title() string {
	text := fmt.Sprintf("fault %d: %s, from %s", f.Number, f.label(200), moment(f.Start, 3))
	if f.End != history.Never {
		text += " to " + moment(f.End, 3)
	}
	if !f.Verified {
		text += ", not verified"
	}
	return text
}

// faultRow is a line of the table of faults.
type faultRow struct {
	Number       int
	When, Lasted string
	Name, Detail string
	Nodes        string
	Verified     bool
	Healed       bool
	Error        string
	// OK, Failed and Unknown are the calls that got their outcome under it.
	OK, Failed, Unknown string
}

// coverRow is a line of the table of what the system went through.
type coverRow struct {
	Name, Shape string
	// Injected is how often; it is "never" if it was asked for and did not strike.
	Injected, Verified string
	// Doubtful says that it was not always what it was meant to be.
	Doubtful   bool
	Nodes      string
	Total      string
	Operations string
}

// mostCovered is how many rows that table has.
const mostCovered = 100

func tabulateCoverage(all []history.Coverage) []coverRow {
	var rows []coverRow
	for _, c := range all[:min(mostCovered, len(all))] {
		row := coverRow{
			Name: tidy(c.Fault, 40), Shape: tidy(c.Shape, 100),
			Injected: checkers.Number(c.Injected), Verified: checkers.Number(c.Verified),
			Doubtful: c.Verified < c.Injected || c.Healed < c.Injected || c.Missed > 0,
			Nodes:    tidy(strings.Join(c.Nodes, " "), 100),
			Total:    lasted(c.Total), Operations: checkers.Number(c.Operations),
		}
		if c.Injected == 0 {
			row.Injected, row.Total = "never", ""
		}
		rows = append(rows, row)
	}
	return rows
}

type faultTable struct {
	// Coverage sums up by kind.
	Coverage []coverRow
	// Summary counts by name: "5 × partition, 3 × kill".
	Summary string
	Rows    []faultRow
	Left    int
}

func tabulateFaults(r record) faultTable {
	t := faultTable{Summary: summarize(r), Coverage: tabulateCoverage(r.coverage)}
	for _, f := range r.faults {
		if len(t.Rows) == mostFaults {
			t.Left = len(r.faults) - mostFaults
			break
		}
		t.Rows = append(t.Rows, newFaultRow(r, f))
	}
	return t
}

func newFaultRow(r record, f fault) faultRow {
	until := r.until(f)
	row := faultRow{
		Number: f.Number,
		When:   moment(f.Start, 1) + " – " + moment(until, 1),
		Lasted: lasted(until - f.Start),
		Name:   tidy(f.Fault.Name, 40), Detail: tidy(f.Fault.Detail, 200),
		Nodes:    tidy(strings.Join(f.Fault.Nodes, " "), 100),
		Verified: f.Verified, Healed: f.Healed, Error: tidy(r.trouble(f), 300),
		OK:      checkers.Number(r.count(history.OK, f.Start, until+1)),
		Failed:  checkers.Number(r.count(history.Fail, f.Start, until+1)),
		Unknown: checkers.Number(r.count(history.Info, f.Start, until+1)),
	}
	if f.End == history.Never {
		row.When = moment(f.Start, 1) + " – end"
	}
	return row
}

// trouble is why a fault was not seen in effect, or not seen healed.
func (r record) trouble(f fault) string {
	for _, i := range f.Ops {
		if op := r.ops[i]; !f.Verified && op.F == history.Inject && op.Error != "" {
			return op.Error
		}
	}
	return f.Error
}

// summarize says which faults really struck: a nemesis that did nothing makes
// every system look good.
func summarize(r record) string {
	type total struct {
		name            string
		count, verified int
		time            time.Duration
	}
	var totals []*total
	for _, f := range r.faults {
		at := slices.IndexFunc(totals, func(t *total) bool { return t.name == f.Fault.Name })
		if at < 0 {
			at = len(totals)
			totals = append(totals, &total{name: f.Fault.Name})
		}
		t := totals[at]
		t.count++
		t.time += r.until(f) - f.Start
		if f.Verified {
			t.verified++
		}
	}
	slices.SortStableFunc(totals, func(a, b *total) int { return cmp.Compare(b.count, a.count) })
	var parts []string
	for _, t := range totals[:min(12, len(totals))] {
		parts = append(parts, fmt.Sprintf("%d × %s (%d verified, %s in all)", t.count, tidy(t.name, 40), t.verified, lasted(t.time)))
	}
	return strings.Join(parts, ", ")
}
