package report

import (
	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

const (
	// mostPictures is how many findings are drawn, mostListed how many more are
	// told in words only.
	mostPictures = 3
	mostListed   = 100
)

// findingView is a finding in words, as pictures, as a walk through it and as a table.
type findingView struct {
	Number  int
	Anomaly string
	Meaning string
	Key     string
	Text    string
	// Account is the text taken apart, for those that are drawn.
	Account account
	// Life is what became of a message, Cycles a cycle of operations, Pictures the
	// operations in time, if that was found and can be drawn: the latter two once for
	// a wide screen and once for a phone.
	Life     *life
	Cycles   []cycleView
	Pictures []picture
	Steps    []step
	Reasons  []reason
	Rows     []callRow
	// Left is how many calls of the finding are not shown.
	Left int
	// ManyKeys says that the calls shown are on several keys.
	ManyKeys bool
}

// Small says that there is room for operations in time beside their cycle.
func (v findingView) Small() bool { return len(v.Cycles) > 0 && len(v.Cycles[0].Boxes) <= 4 }

// callRow is a call in the table below a picture.
type callRow struct {
	Step              string
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
		view := findingView{Number: i + 1, Anomaly: tidy(f.Anomaly, 60), Meaning: meanings[f.Anomaly], Key: tidy(f.Key, 60), Text: prose(f.Text, mostText)}
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

// show adds the pictures and the table; a finding may name no calls at all.
func (v *findingView) show(r record, f checkers.Finding) {
	v.Account = argue(f, mostText)
	s := choose(r.calls, f)
	if len(s.calls) == 0 {
		return
	}
	digits := decimals(s.calls)
	s.number(f)
	v.Left = s.left
	v.Pictures = []picture{draw(s, r.faults, digits, wide), draw(s, r.faults, digits, slim)}
	v.Life = newLife(r, f, digits)
	if v.Cycles = drawCycle(r.calls, f.Cycle, digits); v.Cycles == nil {
		v.Steps = s.walk(r.faults, digits)
	}
	v.Reasons = reasons(f.Cycle)
	for _, c := range s.calls {
		row := newCallRow(c, s.role[c.Invoke], digits)
		row.Step = s.steps[c.Invoke]
		v.Rows = append(v.Rows, row)
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
