// Package junit writes a run as JUnit XML, so that every CI system shows it: one
// suite a run, one case a checker. It tells an answer that proves a broken
// promise (failure) from no answer (error), and both from a run that its own
// infrastructure ended (error of type "infrastructure"). What somebody has accepted is
// skipped, with the reason, for as long as it is accepted: no CI system takes that for a
// pass, nor fails by it.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
)

// Write writes the whole document. Known says what of the verdict is accepted; it is nil
// if nobody was asked. Whatever the system under test put into the
// texts, the document is well formed: characters that XML forbids become U+FFFD.
func Write(w io.Writer, run results.Run, verdict checkers.Verdict, known *baseline.Judgement) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(document(run, verdict, known)); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	return nil
}

type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr"`
	Time       string     `xml:"time,attr"`
	Timestamp  string     `xml:"timestamp,attr"`
	Properties []property `xml:"properties>property"`
	Cases      []testcase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Skipped *skipped `xml:"skipped"`
	Failure *problem `xml:"failure"`
	Error   *problem `xml:"error"`
	Output  string   `xml:"system-out,omitempty"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

type problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func document(run results.Run, verdict checkers.Verdict, known *baseline.Judgement) suites {
	s := suite{
		Name:       bounded(run.Target + "-" + run.Workload),
		Time:       seconds(length(run)),
		Timestamp:  run.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: properties(run),
	}
	for _, part := range parts(run, verdict) {
		s.Cases = append(s.Cases, judged(run, part, known))
	}
	if run.Error != "" {
		s.Cases = append(s.Cases, infrastructure(run))
	}
	s.count()
	if known != nil && known.Remaining == checkers.Invalid && s.Failures == 0 {
		// A finding that no part has to answer for would go unseen.
		s.Cases = append(s.Cases, unanswered(run, known))
		s.count()
	}
	return suites{Suites: []suite{s}}
}

func (s *suite) count() {
	s.Tests, s.Failures, s.Errors, s.Skipped = len(s.Cases), 0, 0, 0
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}

// parts are the verdicts worth a case of their own. A run that ended before
// anything was judged has none.
func parts(run results.Run, verdict checkers.Verdict) []checkers.Verdict {
	switch {
	case len(verdict.Parts) > 0:
		return verdict.Parts
	case run.Error != "" && verdict.Checker == "" && verdict.Validity == checkers.Unknown:
		return nil
	default:
		return []checkers.Verdict{verdict}
	}
}

func judged(run results.Run, part checkers.Verdict, known *baseline.Judgement) testcase {
	c := newCase(run, part.Checker)
	if known != nil && part.Validity == checkers.Invalid {
		return c.accepted(run, part, known)
	}
	switch part.Validity {
	case checkers.Valid:
		c.Output = bounded(part.Reason)
	case checkers.Invalid:
		c.Failure = &problem{Message: bounded(part.Reason), Type: anomaly(part), Text: explain(run, part)}
	default:
		c.Error = &problem{Message: bounded(part.Reason), Type: "unknown", Text: explain(run, part)}
	}
	return c
}

// accepted is a broken promise of which some or all may be accepted: behind what is, a
// doubt may be left.
func (c testcase) accepted(run results.Run, part checkers.Verdict, known *baseline.Judgement) testcase {
	lines := strings.Join(known.LinesOf(part), "\n")
	text := bounded(lines + "\n\n" + explain(run, part))
	switch known.Of(part) {
	case checkers.Valid:
		c.Skipped = &skipped{Message: bounded(lines)}
		c.Output = text
	case checkers.Invalid:
		c.Failure = &problem{Message: bounded(part.Reason), Type: anomaly(part), Text: text}
	default:
		c.Error = &problem{Message: bounded("not known beside what is accepted: " + known.Reason), Type: "unknown", Text: text}
	}
	return c
}

// unanswered says what remains of a verdict although nothing remains of its parts.
func unanswered(run results.Run, known *baseline.Judgement) testcase {
	c := newCase(run, "accepted findings")
	c.Failure = &problem{Message: bounded(known.Reason), Type: "invalid", Text: bounded(strings.Join(known.Lines(), "\n"))}
	return c
}

func infrastructure(run results.Run) testcase {
	c := newCase(run, "infrastructure")
	c.Error = &problem{Message: bounded(run.Error), Type: "infrastructure",
		Text: bounded("The run was ended by its own infrastructure, which says nothing about the system under test.\n" + run.Error)}
	return c
}

func newCase(run results.Run, name string) testcase {
	if name == "" {
		name = "verdict"
	}
	return testcase{Class: bounded("assay." + run.Target + "." + run.Workload), Name: bounded(name), Time: seconds(0)}
}

func anomaly(part checkers.Verdict) string {
	if len(part.Findings) == 0 {
		return "invalid"
	}
	return bounded(part.Findings[0].Anomaly)
}

// explain is what somebody reads who has only the CI system's page.
func explain(run results.Run, part checkers.Verdict) string {
	const most = 20
	var text strings.Builder
	fmt.Fprintln(&text, part.Reason)
	for i, finding := range part.Findings {
		if i == most {
			fmt.Fprintf(&text, "\n... and %d more\n", len(part.Findings)-most)
			break
		}
		fmt.Fprintf(&text, "\n%s: %s\n", title(finding), bounded(finding.Text))
	}
	fmt.Fprintf(&text, "\nseed %d\nrepeat: %s\n", run.Seed, run.Repeat())
	return bounded(text.String())
}

func title(f checkers.Finding) string {
	if f.Key == "" {
		return f.Anomaly
	}
	return f.Anomaly + " on " + bounded(f.Key)
}

func properties(run results.Run) []property {
	all := []property{
		{"target", run.Target},
		{"workload", run.Workload},
		{"nemesis", run.Nemesis},
		{"seed", strconv.FormatInt(run.Seed, 10)},
		{"runtime", run.Runtime},
		{"nodes", strings.Join(run.Nodes, " ")},
		{"image", run.Image},
		{"image_id", run.ImageID},
		{"assay", run.Assay},
		{"go", run.Go},
		{"engine", run.Engine},
		{"machine", run.Machine},
		{"command_line", run.Repeat()},
	}
	for _, key := range slices.Sorted(maps.Keys(run.Settings)) {
		all = append(all, property{"setting." + bounded(key), run.Settings[key]})
	}
	var known []property
	for _, p := range all {
		if p.Value != "" {
			known = append(known, property{p.Name, bounded(p.Value)})
		}
	}
	return known
}

// length is how long the run took from its first phase to the end of its last.
func length(run results.Run) time.Duration {
	if len(run.Phases) == 0 {
		return run.Duration
	}
	return run.Phases[len(run.Phases)-1].End - run.Phases[0].Start
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
}

// bounded keeps a system that answers with megabytes from making a document
// that CI systems refuse.
func bounded(s string) string {
	const most = 16 << 10
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s... (%d bytes more)", s[:cut], len(s)-cut)
}
