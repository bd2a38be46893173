package report

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results/report/explorer"
)

// explore makes the section in which every operation can be seen. What findings rest
// on is marked there.
func explore(r record, v checkers.Verdict) (*explorer.View, error) {
	in := explorer.Input{Calls: r.calls, Over: r.over, Start: r.start, End: r.end, Label: label, Tidy: short}
	for _, f := range r.faults {
		in.Faults = append(in.Faults, explorer.Fault{
			Name: fmt.Sprintf("%d: %s", f.Number, f.label(60)), Nodes: f.Fault.Nodes,
			From: f.Start, To: r.until(f), Verified: f.Verified,
		})
	}
	for i, f := range everyFinding(v) {
		in.Marks = append(in.Marks, explorer.Mark{Name: fmt.Sprintf("%d: %s", i+1, nameOf(f)), Calls: f.Culprits})
	}
	view, err := explorer.New(in)
	if err != nil {
		return nil, fmt.Errorf("render report: %w", err)
	}
	return view, nil
}
