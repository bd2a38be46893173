package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

const (
	// textWidthMost is the number of columns that the text keeps to, except where
	// a command is longer: it must stay one line to be copied.
	textWidthMost  = 92
	mostTold       = 3
	mostTextCalls  = 10
	mostTextReason = 600
)

// Text writes the verdict for a terminal: what, why, the first findings with
// their operations, and how to see it again.
func Text(w io.Writer, in Input) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", headline(in))
	paragraph(&b, reasonOf(in), "  ")
	for _, n := range notes(in) {
		paragraph(&b, n.Title+": "+n.Text, "  ")
	}
	tell(&b, in)
	if all := commands(in); len(all) > 0 {
		b.WriteString("\n")
		for _, c := range all {
			fmt.Fprintf(&b, "%-7s %s\n", shortName(c), c.Text)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// headline is "INVALID  etcd register, nemesis partition, seed 42".
func headline(in Input) string {
	parts := []string{tidy(in.Run.Target, 40) + " " + tidy(in.Run.Workload, 40)}
	if in.Run.Nemesis != "" {
		parts = append(parts, "nemesis "+tidy(in.Run.Nemesis, 60))
	}
	parts = append(parts, fmt.Sprint("seed ", in.Run.Seed))
	return newBadge(in.Verdict.Validity).Word + "  " + strings.Join(parts, ", ")
}

func shortName(c command) string {
	switch c.What {
	case openReport:
		return "report"
	case checkAgain:
		return "check"
	default:
		return "repeat"
	}
}

// tell writes the first findings.
func tell(b *strings.Builder, in Input) {
	findings := everyFinding(in.Verdict)
	if len(findings) == 0 {
		return
	}
	r := lookAt(in.History)
	for i, f := range findings[:min(len(findings), mostTold)] {
		fmt.Fprintf(b, "\n%d. %s\n", i+1, nameOf(f))
		paragraph(b, prose(f.Text, mostTextReason), "   ")
		tellCalls(b, choose(r.calls, f))
	}
	if more := len(findings) - mostTold; more > 0 {
		fmt.Fprintf(b, "\n%s in the report.\n", checkers.Count(more, "more finding"))
	}
}

func nameOf(f checkers.Finding) string {
	if f.Key == "" {
		return tidy(f.Anomaly, 60)
	}
	return tidy(f.Anomaly, 60) + " on " + tidy(f.Key, 60)
}

// tellCalls writes the calls that the finding itself names as a table; the
// culprits have a mark.
func tellCalls(b *strings.Builder, s scene) {
	calls := s.named(mostTextCalls)
	if len(calls) == 0 {
		return
	}
	digits := decimals(calls)
	rows := [][]string{{"", "operation", "process", "node", "from", "to"}}
	for _, c := range calls {
		row := newCallRow(c, s.role[c.Invoke], digits)
		mark := ""
		if row.Culprit {
			mark = ">"
		}
		rows = append(rows, []string{mark, clip(row.What, 38), fmt.Sprint(row.Process), clip(row.Node, 12), row.From, row.To})
	}
	b.WriteString("\n")
	table(b, rows)
}

// named are the calls that the finding named, culprits before context if there
// is not room for all, in order of time.
func (s scene) named(most int) []history.Call {
	keep := map[int]bool{}
	for _, wanted := range []role{culprit, context} {
		for _, c := range s.calls {
			if s.role[c.Invoke] == wanted && len(keep) < most {
				keep[c.Invoke] = true
			}
		}
	}
	var calls []history.Call
	for _, c := range s.calls {
		if keep[c.Invoke] {
			calls = append(calls, c)
		}
	}
	return calls
}

// table writes rows in columns; the last two are numbers and end in line.
func table(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := "  "
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i >= len(row)-2 {
				line += space + cell + "  "
			} else {
				line += cell + space + "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// paragraph writes text in lines that fit, each after the indent.
func paragraph(b *strings.Builder, text, indent string) {
	for line := range strings.SplitSeq(text, "\n") {
		column := 0
		for word := range strings.FieldsSeq(line) {
			width := utf8.RuneCountInString(word)
			switch {
			case column == 0:
				b.WriteString(indent + word)
				column = len(indent) + width
			case column+1+width > textWidthMost:
				b.WriteString("\n" + indent + word)
				column = len(indent) + width
			default:
				b.WriteString(" " + word)
				column += 1 + width
			}
		}
		b.WriteString("\n")
	}
}
