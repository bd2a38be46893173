package report

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/sequence"
)

// Sequence is what happened between the nodes of a simulated run, or of a smaller one
// that fails in the same way.
type Sequence struct {
	Trace *trace.Trace
	// Witness are the operations that contradict each other, as in the trace.
	Witness []int
	// Smaller is the file name of the smaller run's own report, seen from this one,
	// and Text what is wrong in it; both are empty if the trace is this run's.
	Smaller, Text string
}

// ReadSequence reads what a run's directory has of it: nil if that is nothing.
func ReadSequence(dir *results.Dir, v checkers.Verdict) (*Sequence, error) {
	t, err := readTrace(dir.Join(results.ShrunkFolder + "/" + results.TraceFile))
	if err == nil {
		return smaller(dir, t)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	t, err = readTrace(dir.Join(results.TraceFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &Sequence{Trace: t, Witness: culprits(v)}, err
}

func smaller(dir *results.Dir, t *trace.Trace) (*Sequence, error) {
	shrunk, err := results.Open(dir.Join(results.ShrunkFolder))
	if err != nil {
		return nil, err
	}
	v, err := shrunk.ReadVerdict()
	if err != nil {
		return nil, err
	}
	s := &Sequence{Trace: t, Witness: culprits(v), Smaller: results.ShrunkFolder + "/" + results.ReportFile}
	if all := everyFinding(v); len(all) > 0 {
		s.Text = all[0].Text
	}
	return s, nil
}

func readTrace(path string) (*trace.Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := trace.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func culprits(v checkers.Verdict) []int {
	if all := everyFinding(v); len(all) > 0 {
		return all[0].Culprits
	}
	return nil
}

// sequenceView is the section of the page.
type sequenceView struct {
	Style   template.CSS
	Figure  template.HTML
	Smaller string
	Text    string
}

// view draws the diagram; there is none without a trace.
func (s *Sequence) view() (*sequenceView, error) {
	if s == nil || s.Trace == nil {
		return nil, nil
	}
	figure, err := sequence.Figure(sequence.Input{Trace: s.Trace, Witness: s.Witness})
	if err != nil {
		return nil, err
	}
	return &sequenceView{sequence.Style(), figure, s.Smaller, prose(s.Text, mostText)}, nil
}
