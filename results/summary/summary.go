// Package summary tells how a run ended where a team reads it: as Markdown for the page
// of a CI job and as annotations of GitHub. What the system under test has put into the
// texts is shown as text, gives no orders to the CI system, and is bounded. It judges
// nothing.
package summary

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
)

// Input is what is told.
type Input struct {
	Run     results.Run
	Verdict checkers.Verdict
	// Dir is the run's directory; empty if it has none.
	Dir string
	// Known says which findings are accepted; nil if there is no baseline.
	Known *baseline.Judgement
	// Error ended the run in place of a verdict.
	Error error
	// Again are commands that see the run again, as one types them.
	Again []string
}

const (
	mostFindings = 5
	mostText     = 1200
)

// Markdown writes a section for the page of a CI job.
func Markdown(w io.Writer, in Input) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", in.headline())
	fmt.Fprintf(&b, "%s\n\n", prose(in.reason(), mostText))
	in.facts(&b)
	if in.Error == nil {
		in.promises(&b)
		in.findings(&b)
		in.faults(&b)
	}
	if len(in.Again) > 0 {
		fmt.Fprintf(&b, "See it again:\n\n%s\n", code(strings.Join(in.Again, "\n")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (in Input) headline() string {
	title := prose(in.Run.Target+" "+in.Run.Workload, 100)
	if in.Error != nil {
		return "🛠 could not take place · " + title
	}
	switch {
	case in.Verdict.Validity == checkers.Valid:
		return "✅ valid · " + title
	case in.accepted():
		return "☑️ INVALID, as accepted · " + title
	case in.Verdict.Validity == checkers.Invalid:
		return "❌ INVALID · " + title
	}
	return "❔ unknown · " + title
}

// accepted says that nothing but what is known is wrong.
func (in Input) accepted() bool {
	return in.Known != nil && in.Verdict.Validity == checkers.Invalid && in.Known.Remaining == checkers.Valid
}

func (in Input) reason() string {
	if in.Error != nil {
		return in.Error.Error()
	}
	return in.Verdict.Reason
}

func (in Input) facts(b *strings.Builder) {
	b.WriteString("| nemesis | seed | load | nodes | image |\n|---|---|---|---|---|\n")
	nodes := fmt.Sprint(len(in.Run.Nodes))
	if in.Run.Runtime != "" {
		nodes += ", " + in.Run.Runtime
	}
	fmt.Fprintf(b, "| %s | %d | %s | %s | %s |\n\n", prose(cmp.Or(in.Run.Script, in.Run.Nemesis, "none"), 200), in.Run.Seed,
		in.Run.Duration, prose(nodes, 60), prose(cmp.Or(in.Run.Image, "-"), 200))
}

func (in Input) promises(b *strings.Builder) {
	if len(in.Verdict.Parts) == 0 {
		return
	}
	b.WriteString("| checker | verdict | because |\n|---|---|---|\n")
	for _, part := range in.Verdict.Parts {
		fmt.Fprintf(b, "| %s | %s | %s |\n", prose(part.Checker, 80), part.Validity, prose(part.Reason, 400))
	}
	b.WriteString("\n")
}

func (in Input) findings(b *strings.Builder) {
	if in.Known != nil {
		for _, line := range in.Known.Lines() {
			fmt.Fprintf(b, "- %s\n", prose(line, mostText))
		}
		b.WriteString("\n")
	}
	for i, f := range in.Verdict.Findings {
		if i == mostFindings {
			fmt.Fprintf(b, "%s in the report.\n\n", checkers.Count(len(in.Verdict.Findings)-i, "more finding"))
			break
		}
		name := f.Anomaly
		if f.Key != "" {
			name += " on " + f.Key
		}
		fmt.Fprintf(b, "> **%s**: %s\n\n", prose(name, 120), prose(f.Text, mostText))
	}
}

func (in Input) faults(b *strings.Builder) {
	if len(in.Verdict.Faults) == 0 {
		return
	}
	b.WriteString("<details><summary>Faults</summary>\n\n| fault | injected | seen in effect | in force | operations under it |\n|---|---|---|---|---|\n")
	for _, c := range in.Verdict.Faults {
		fmt.Fprintf(b, "| %s | %d | %d | %s | %s |\n", prose(strings.TrimSpace(c.Fault+" "+c.Shape), 120), c.Injected, c.Verified,
			c.Total.Round(100*time.Millisecond), checkers.Number(c.Operations))
	}
	b.WriteString("\n</details>\n\n")
}

// mostPlain bounds a text that is put onto the page as it is: GitHub refuses pages of
// more than a megabyte.
const mostPlain = 200_000

// Text writes a section that holds a text for a terminal.
func Text(w io.Writer, title, text string) error {
	_, err := fmt.Fprintf(w, "### %s\n\n%s\n", prose(title, 200), code(strings.TrimSpace(clip(text, mostPlain))))
	return err
}
