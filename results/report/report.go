// Package report shows a judged run to people: as one self-contained HTML page
// and as a few lines for a terminal. What it shows is bounded whatever the run
// was like, and text from the system under test stays text. It judges nothing.
package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/report/explorer"
)

// Input is what a report is made from.
type Input struct {
	Run     results.Run
	Verdict checkers.Verdict
	// History may be nil if the run left none.
	History *history.History
	// Dir is the run's directory, for the commands that see it again; empty if
	// it has none.
	Dir string
	// Sequence is what happened between the nodes, if that is known.
	Sequence *Sequence
}

//go:embed page
var pageFiles embed.FS

// Render writes the page: one HTML file that needs no network, and runs no script but
// the explorer's.
func Render(w io.Writer, in Input) error {
	templates, err := template.ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	if templates, err = templates.ParseFS(explorer.Page, "page/*.html"); err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	r := lookAgain(in)
	p := newPage(in, r)
	if p.Explorer, err = explore(r, in.Verdict); err != nil {
		return err
	}
	if p.Sequence, err = in.Sequence.view(); err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	p.Style = template.CSS(style) // ours, not from the system under test
	if err := templates.ExecuteTemplate(w, "page.html", p); err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	return nil
}
