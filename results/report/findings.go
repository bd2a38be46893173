package report

import (
	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

const (
	// mostPictures is how many findings are drawn, mostListed how many more are
	// told in words only.
	mostPictures = 5
	mostListed   = 100
)

// findingView is a finding in words, as a picture and as a table.
type findingView struct {
	Number  int
	Anomaly string
	Key     string
	Text    string
	// Cycle is a cycle of operations, if that is what was found.
	Cycle   *cycleView
	Picture *picture
	Rows    []callRow
	// Left is how many calls of the finding are not shown.
	Left int
	// ManyKeys says that the calls shown are on several keys.
	ManyKeys bool
}

// callRow is a call in the table below a picture.
type callRow struct {
	Culprit, Faint    bool
	Process           int
	Node, Key, What   string
	Outcome, From, To string
	Took, Error       string
}

// explain fills in the findings: the first with pictures, further ones in
// words, the rest as a number.
func (p *page) explain(r record, v checkers.Verdict) {
	all := everyFinding(v)
	for i, f := range all {
		view := findingView{Number: i + 1, Anomaly: tidy(f.Anomaly, 60), Key: tidy(f.Key, 60), Text: prose(f.Text, mostText)}
		switch {
		case i < mostPictures:
			view.show(r, f)
			p.Findings = append(p.Findings, view)
		case i < mostPictures+mostListed:
			view.Text = prose(f.Text, 400)
			p.Listed = append(p.Listed, view)
		default:
			p.MoreCount = checkers.Number(len(all) - i)
			return
		}
	}
}

// show adds the picture and the table; a finding may name no calls at all.
func (v *findingView) show(r record, f checkers.Finding) {
	s := choose(r.calls, f)
	if len(s.calls) == 0 {
		return
	}
	digits := decimals(s.calls)
	drawn := draw(s, r.faults, digits)
	v.Picture, v.Left = &drawn, s.left
	v.Cycle = drawCycle(r.calls, f.Cycle, digits)
	for _, c := range s.calls {
		v.Rows = append(v.Rows, newCallRow(c, s.role[c.Invoke], digits))
		v.ManyKeys = v.ManyKeys || c.Key != s.calls[0].Key
	}
}

func newCallRow(c history.Call, as role, digits int) callRow {
	row := callRow{
		Culprit: as == culprit, Faint: as == neighbour,
		Process: c.Process, Node: tidy(c.Node, 40), Key: tidy(c.Key, 40),
		What: label(c, 100), Outcome: outcome(c.Type), Error: tidy(c.Error, 200),
		From: moment(c.Start, digits), To: "?", Took: "",
	}
	if c.End != history.Never {
		row.To, row.Took = moment(c.End, digits), lasted(c.End-c.Start)
	}
	return row
}
