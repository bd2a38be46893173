package summary_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
	"github.com/assaykit/assay/results/summary"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func verdict(v checkers.Validity, findings ...checkers.Finding) checkers.Verdict {
	all := checkers.Merge("register", checkers.Verdict{Checker: "register", Validity: v, Reason: "because | of <b>this</b>", Findings: findings},
		checkers.Verdict{Checker: "sanity", Validity: checkers.Valid, Reason: "enough was done"})
	all.Faults = []history.Coverage{{Fault: "partition", Shape: "leader", Injected: 3, Verified: 3, Total: 9500 * time.Millisecond, Operations: 1234}}
	return all
}

func cases(t *testing.T) map[string]summary.Input {
	run := results.Run{Target: "etcd", Workload: "register", Nemesis: "partition:leader", Seed: 42, Duration: time.Minute, Nodes: []string{"n1", "n2", "n3"},
		Runtime: "docker", Image: "assay/etcd:3.5.17"}
	stale := checkers.Finding{Anomaly: "stale-read", Key: "r1", Text: "Process 1 read 3.\nThat was out of date."}
	hostile := checkers.Finding{Anomaly: "lost", Key: "`|<img src=x>", Text: "::error::x\n##[command]\n# title\n@somebody [a](b) ![c](d) &lt; \x1b[31m \u202e```"}
	again := []string{"assay check results/x", "assay test etcd --seed 42"}
	until, err := baseline.ParseDate("2027-01-31")
	if err != nil {
		t.Fatal(err)
	}
	known := baseline.For("stale-read", run)
	known.Reason, known.Until = "reads are serializable, 100 % on purpose", until
	gone := baseline.For("phantom", run)
	gone.Reason, gone.Until = "was seen once", until
	judge := func(v checkers.Verdict, at string) *baseline.Judgement {
		now, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		j := baseline.Baseline{Accepted: []baseline.Accepted{known, gone}}.Judge(run, v, now)
		return &j
	}
	invalid := verdict(checkers.Invalid, stale)
	return map[string]summary.Input{
		"valid":          {Run: run, Verdict: verdict(checkers.Valid), Again: again},
		"unknown":        {Run: run, Verdict: verdict(checkers.Unknown), Again: again},
		"invalid":        {Run: run, Verdict: verdict(checkers.Invalid, stale, hostile, stale, stale, stale, stale, stale), Again: again},
		"accepted":       {Run: run, Verdict: invalid, Known: judge(invalid, "2026-11-25"), Again: again},
		"expired":        {Run: run, Verdict: invalid, Known: judge(invalid, "2027-02-01"), Again: again},
		"infrastructure": {Run: run, Error: errors.New("no engine\n::add-mask::x"), Again: nil},
	}
}

func TestWhatIsTold(t *testing.T) {
	for name, in := range cases(t) {
		var b strings.Builder
		if err := summary.Markdown(&b, in); err != nil {
			t.Fatal(err)
		}
		b.WriteString("--- annotations\n")
		if err := summary.Annotate(&b, in); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".md")
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || b.String() != string(want) {
			t.Errorf("%s (%v):\n%s", name, err, b.String())
		}
	}
}

// TestNothingFromTheSystemIsObeyed looks for what would be a command in what is printed
// into a log of GitHub, and for what would be markup on its page.
func TestNothingFromTheSystemIsObeyed(t *testing.T) {
	for name, in := range cases(t) {
		var page, log strings.Builder
		if err := errors.Join(summary.Markdown(&page, in), summary.Annotate(&log, in)); err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{"<img", "<b>", "@somebody", "](", "\x1b", "\u202e", "\n# title", "| of"} {
			if strings.Contains(page.String(), forbidden) {
				t.Errorf("%s: the page has %q", name, forbidden)
			}
		}
		for line := range strings.Lines(log.String()) {
			if !strings.HasPrefix(line, "::error title=assay") && !strings.HasPrefix(line, "::warning title=assay") && !strings.HasPrefix(line, "::notice title=assay") {
				t.Errorf("%s: the log has the line %q", name, line)
			}
		}
	}
}

func TestEndlessTextIsBounded(t *testing.T) {
	long := strings.Repeat("<", 1<<20)
	var findings []checkers.Finding
	for range 1000 {
		findings = append(findings, checkers.Finding{Anomaly: long, Key: long, Text: long})
	}
	in := summary.Input{Run: results.Run{Target: long, Workload: long, Nemesis: long, Image: long}, Verdict: verdict(checkers.Invalid, findings...)}
	var b strings.Builder
	if err := errors.Join(summary.Markdown(&b, in), summary.Annotate(&b, in)); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 200<<10 {
		t.Errorf("%d bytes", b.Len())
	}
}

func TestMuted(t *testing.T) {
	var b strings.Builder
	unmute, err := summary.Mute(&b)
	if err != nil {
		t.Fatal(err)
	}
	word, found := strings.CutPrefix(b.String(), "::stop-commands::")
	unmute()
	if !found || len(word) < 20 || !strings.HasSuffix(b.String(), "::"+strings.TrimSpace(word)+"::\n") {
		t.Errorf("%q", b.String())
	}
}

func TestATextStaysInItsBlock(t *testing.T) {
	var b strings.Builder
	if err := summary.Text(&b, "compared", "a\n```\n# title\x1b[31m\n````\n"); err != nil {
		t.Fatal(err)
	}
	if want := "### compared\n\n`````\na\n```\n# title\ufffd[31m\n````\n`````\n\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
}
