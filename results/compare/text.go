package compare

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/assaykit/assay/checkers"
)

// regressions are what got worse in a scenario, one line each; with its name if there
// are several scenarios.
func (s Scenario) regressions(several bool) []string {
	var all []string
	add := func(format string, args ...any) {
		line := fmt.Sprintf(format, args...)
		if several {
			line = s.Name + ": " + line
		}
		all = append(all, line)
	}
	for _, p := range s.Promises {
		if p.Change == Worse {
			add("%s: %s (%s, was %s)", p.Checker, p.Why, p.New, p.Old)
		}
	}
	for _, a := range s.Anomalies {
		if a.Change == Worse {
			add("%s: %s (in %d of %s, was in %d of %d)", a.Name, a.Why, a.New, checkers.Count(s.NewRuns, "run"), a.Old, s.OldRuns)
		}
	}
	for _, f := range s.Figures {
		if f.Change == Worse {
			add("%s %s: %s, was %s", f.Name, f.Condition, f.NewText(), f.OldText())
		}
	}
	return all
}

// String is "3 valid, 1 unknown".
func (t Tally) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{t.Invalid, "invalid"}, {t.Unknown, "unknown"}, {t.Valid, "valid"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if len(parts) == 0 {
		return "not judged"
	}
	return strings.Join(parts, ", ")
}

// OldText is the figure of OLD with its unit.
func (f Figure) OldText() string { return f.text(f.Old) }

// NewText is the figure of NEW with its unit.
func (f Figure) NewText() string { return f.text(f.New) }

func (f Figure) text(x float64) string {
	if f.Unit != "ns" {
		return fmt.Sprintf("%.4g%s", x, f.Unit)
	}
	return threeDigits(x)
}

// threeDigits is a duration in nanoseconds as people compare it: 1.23ms.
func threeDigits(ns float64) string {
	if ns < 1 {
		return "-"
	}
	unit := math.Pow(10, math.Floor(math.Log10(ns))-2)
	return time.Duration(math.Round(ns/unit) * unit).String()
}

// ChangeText is by how much a figure changed: "+12 % (-3 % to +31 %)".
func (f Figure) ChangeText() string {
	if f.Interval == nil {
		return ""
	}
	return fmt.Sprintf("%s (%s to %s)", percent(f.Ratio), percent(f.Low), percent(f.High))
}

func percent(ratio float64) string {
	if ratio >= 10 {
		return fmt.Sprintf("×%.3g", ratio)
	}
	return fmt.Sprintf("%+.0f %%", 100*(ratio-1))
}

// Method says how figures were judged.
func (c Comparison) Method() string {
	if c.Figures == 0 {
		return "No figures were judged."
	}
	return fmt.Sprintf("%s judged. A latency is worse if it grew by %.0f %% or more, throughput if OLD answered %.0f %% more or better, and if the whole interval says so: "+
		"a bootstrap over runs and blocks of four seconds, in which the probability of any false alarm is %.2g for all figures together.",
		checkers.Count(c.Figures, "figure was", "figures were"), 100*c.MinLatency, 100*c.MinThroughput, c.Alpha)
}

// Text writes the comparison for a terminal.
func (c Comparison) Text(w io.Writer) error {
	var b strings.Builder
	c.Old.tell(&b, "OLD")
	c.New.tell(&b, "NEW")
	for _, s := range c.Scenarios {
		s.tell(&b)
	}
	for _, name := range c.OnlyOld {
		fmt.Fprintf(&b, "\nonly in OLD: %s\n", name)
	}
	for _, name := range c.OnlyNew {
		fmt.Fprintf(&b, "\nonly in NEW: %s\n", name)
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n", c.Method(), c.Conclusion())
	for _, line := range c.Regressions {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Conclusion is one line.
func (c Comparison) Conclusion() string { return conclusion(c.Regressions) }

func conclusion(regressions []string) string {
	if len(regressions) > 0 {
		return fmt.Sprintf("REGRESSION: %s worse", checkers.Count(len(regressions), "thing got", "things got"))
	}
	return "no regression"
}

func (s SideSummary) tell(b *strings.Builder, name string) {
	fmt.Fprintf(b, "%s  %s: %s\n", name, s.Path, checkers.Count(len(s.Runs), "run"))
	for _, skipped := range s.Skipped {
		fmt.Fprintf(b, "     without %s: %s\n", skipped.Path, firstLine(skipped.Why))
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (s Scenario) tell(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s: %s against %s\n\n", s.Name, checkers.Count(s.OldRuns, "run"), checkers.Count(s.NewRuns, "run"))
	rows := [][]string{}
	for _, d := range s.Differences {
		rows = append(rows, []string{d.What, d.Old, d.New, "differs", ""})
	}
	for _, p := range s.Promises {
		rows = append(rows, []string{p.Checker, p.Old.String(), p.New.String(), p.Change.Loud(), p.Why})
	}
	for _, a := range s.Anomalies {
		rows = append(rows, []string{a.Name, fmt.Sprintf("in %d", a.Old), fmt.Sprintf("in %d", a.New), a.Change.Loud(), a.Why})
	}
	for _, f := range s.Figures {
		rows = append(rows, []string{f.Name + " " + f.Condition, f.OldText(), f.NewText(), f.Change.Loud(), strings.TrimSpace(f.ChangeText() + " " + f.Why)})
	}
	columns(b, rows)
	for _, note := range s.Notes {
		fmt.Fprintf(b, "\n  note: %s\n", note)
	}
}

// Loud is the change for people: what is worse stands out.
func (c Change) Loud() string {
	if c == Worse {
		return "WORSE"
	}
	return string(c)
}

func columns(b *strings.Builder, rows [][]string) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{{"", "OLD", "NEW"}}, rows...) {
		fmt.Fprintln(w, "  "+strings.TrimRight(strings.Join(row, "\t"), "\t "))
	}
	_ = w.Flush() // into a builder, which does not fail
}
