package junit_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results/baseline"
	"github.com/assaykit/assay/results/junit"
)

func accepting(t *testing.T, anomaly, until string) baseline.Accepted {
	t.Helper()
	day, err := baseline.ParseDate(until)
	if err != nil {
		t.Fatal(err)
	}
	return baseline.Accepted{Anomaly: anomaly, Target: "etcd", Workload: "register", Reason: "old reads are wanted", Until: day}
}

func broke(checker string, anomalies ...string) checkers.Verdict {
	v := checkers.Verdict{Checker: checker, Validity: checkers.Invalid, Reason: checker + " is broken"}
	for _, a := range anomalies {
		v.Findings = append(v.Findings, checkers.Finding{Anomaly: a, Text: "seen at n1"})
	}
	return v
}

// What a CI system makes of a document: which cases passed, failed, are open, or skipped,
// and what stands there.
type shown struct {
	Suites []struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
			Failure *struct {
				Text string `xml:",chardata"`
			} `xml:"failure"`
			Error *struct {
				Message string `xml:"message,attr"`
			} `xml:"error"`
			Output string `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func (s shown) String() string {
	var b strings.Builder
	for _, c := range s.Suites[0].Cases {
		b.WriteString(c.Name)
		switch {
		case c.Failure != nil:
			b.WriteString(" failed: " + c.Failure.Text)
		case c.Error != nil:
			b.WriteString(" open: " + c.Error.Message)
		case c.Skipped != nil:
			b.WriteString(" skipped: " + c.Skipped.Message + " | " + c.Output)
		default:
			b.WriteString(" passed")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestWhatIsAcceptedIsSkipped(t *testing.T) {
	fine, dark := checkers.Verdict{Checker: "sanity", Validity: checkers.Valid, Reason: "fine"}, checkers.Verdict{Checker: "sanity", Reason: "no final reads"}
	all := func(parts ...checkers.Verdict) checkers.Verdict { return checkers.Merge("all", parts...) }
	hidden := all(broke("register", "stale-read"))
	hidden.Findings = append(hidden.Findings, checkers.Finding{Anomaly: "lost"})
	for name, c := range map[string]struct {
		verdict                   checkers.Verdict
		accepted                  []baseline.Accepted
		failures, errors, skipped int
		wanted                    []string
	}{
		"all of it": {all(broke("register", "stale-read"), fine), []baseline.Accepted{accepting(t, "stale-read", "2026-11-25")}, 0, 0, 1,
			[]string{"register skipped: stale-read (1 finding): accepted until 2026-11-25: old reads are wanted | ", "seen at n1", "assay test etcd --seed 42", "sanity passed"}},
		"until yesterday": {all(broke("register", "stale-read"), fine), []baseline.Accepted{accepting(t, "stale-read", "2026-11-24")}, 1, 0, 0,
			[]string{"register failed: stale-read (1 finding): was accepted until 2026-11-24: old reads are wanted", "seen at n1"}},
		"another":       {all(broke("register", "stale-read"), fine), []baseline.Accepted{accepting(t, "lost", "2026-11-25")}, 1, 0, 0, []string{"stale-read (1 finding): not accepted"}},
		"one of a part": {all(broke("register", "stale-read", "lost")), []baseline.Accepted{accepting(t, "lost", "2026-11-25")}, 1, 0, 0, []string{"stale-read (1 finding): not accepted", "lost (1 finding): accepted until"}},
		"one of two parts": {all(broke("register", "stale-read"), broke("set", "lost")), []baseline.Accepted{accepting(t, "lost", "2026-11-25")}, 1, 0, 1,
			[]string{"register failed: stale-read (1 finding): not accepted", "set skipped: lost"}},
		"doubt beside it":   {all(broke("register", "stale-read"), dark), []baseline.Accepted{accepting(t, "stale-read", "2026-11-25")}, 0, 1, 1, []string{"register skipped", "sanity open: no final reads"}},
		"doubt within":      {all(all(broke("register", "stale-read"), dark), fine), []baseline.Accepted{accepting(t, "stale-read", "2026-11-25")}, 0, 1, 0, []string{"all open: not known beside what is accepted: no final reads"}},
		"without a finding": {all(broke("odd"), fine), []baseline.Accepted{accepting(t, "stale-read", "2026-11-25")}, 1, 0, 0, []string{"odd failed"}},
		"in no part":        {hidden, []baseline.Accepted{accepting(t, "stale-read", "2026-11-25")}, 1, 0, 1, []string{"accepted findings failed", "lost (1 finding): not accepted"}},
		"nothing is wrong":  {all(fine), []baseline.Accepted{accepting(t, "stale-read", "2026-11-25")}, 0, 0, 0, []string{"sanity passed"}},
	} {
		t.Run(name, func(t *testing.T) {
			j := baseline.Baseline{Accepted: c.accepted}.Judge(run(), c.verdict, time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
			var text bytes.Buffer
			if err := junit.Write(&text, run(), c.verdict, &j); err != nil {
				t.Fatal(err)
			}
			var got shown
			if err := xml.Unmarshal(text.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if s := got.Suites[0]; s.Tests != len(s.Cases) || s.Failures != c.failures || s.Errors != c.errors || s.Skipped != c.skipped {
				t.Errorf("%d cases, %d failures, %d errors, %d skipped:\n%s", s.Tests, s.Failures, s.Errors, s.Skipped, got)
			}
			for _, wanted := range c.wanted {
				if !strings.Contains(got.String(), wanted) {
					t.Errorf("%q is not in\n%s", wanted, got)
				}
			}
		})
	}
}
