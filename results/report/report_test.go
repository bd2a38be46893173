package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
)

// render gives the page, which has to be well formed: it is written so that it
// is XML too, and a value that breaks out of its place is found.
func render(t *testing.T, in Input) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := Render(&page, in); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, page.Bytes())
	return page.Bytes()
}

func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(page))
	onlyOurScript(t, page)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		if element, ok := token.(xml.StartElement); ok {
			harmless(t, element)
		}
	}
}

// onlyOurScript holds that the page's policy names one script by its contents, at most,
// and that no other is in it.
func onlyOurScript(t *testing.T, page []byte) {
	t.Helper()
	found := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllSubmatch(page, -1)
	policy := regexp.MustCompile(`script-src ([^"]*)"`).FindSubmatch(page)
	all := bytes.Count(bytes.ToLower(page), []byte("<script"))
	data := bytes.Count(page, []byte(`<script type="application/octet-stream" id="ops-`))
	if len(found) == 0 && policy == nil && all == 0 {
		return
	}
	if len(found) != 1 || policy == nil || all != 1+data {
		t.Fatalf("%d elements, of them %d scripts and %d of data, policy %q", all, len(found), data, policy)
	}
	sum := sha256.Sum256(found[0][1])
	if got, want := html.UnescapeString(string(policy[1])), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"; got != want {
		t.Errorf("the policy allows %s, the script is %s", got, want)
	}
}

// markup is a page without its script and the data for it.
func markup(page []byte) []byte {
	return regexp.MustCompile(`(?s)<script.*?</script>`).ReplaceAll(page, nil)
}

// harmless holds what keeps the page self-contained and dead.
func harmless(t *testing.T, element xml.StartElement) {
	t.Helper()
	switch element.Name.Local {
	case "iframe", "object", "embed", "img", "link", "form", "base":
		t.Errorf("the page has an element %s", element.Name.Local)
	}
	for _, attribute := range element.Attr {
		name := attribute.Name.Local
		if element.Name.Local == "a" && name == "href" {
			if !strings.HasPrefix(attribute.Value, "https://") {
				t.Errorf("a link leads to %s", attribute.Value)
			}
			continue
		}
		if name == "style" || name == "src" || name == "href" || strings.HasPrefix(name, "on") {
			t.Errorf("element %s has the attribute %s", element.Name.Local, name)
		}
	}
}

func TestPagesSayWhatHappened(t *testing.T) {
	for name, wanted := range map[string][]string{
		"stale-read": {"INVALID", "etcd is not linearizable here", "stale-read", "leader n2 | n1 n3", "8861234",
			"assay check results/etcd-register/20261123T041500Z", "the kernel has no nft_queue module", "500 ms"},
		"lost-message": {"INVALID", "lost", "receive → nothing", "receive (final)", "connection refused"},
		"valid":        {"valid", "4,812 operations on 8 keys are linearizable.", "partition"},
		"unknown":      {"unknown", "Infrastructure error", "address already in use", "Interrupted", "no operation of a client"},
	} {
		page := string(render(t, examples()[name]))
		for _, text := range wanted {
			if !strings.Contains(page, text) {
				t.Errorf("%s: %q is not on the page", name, text)
			}
		}
	}
}

func TestCommandsCallAssayAsItWasCalled(t *testing.T) {
	for want, line := range map[string][]string{
		"assay check d":              nil,
		"./assay check d":            {"./assay", "test", "etcd"},
		"go run ./cmd/assay check d": {"go", "run", "./cmd/assay", "test", "--seed", "1"},
	} {
		all := commands(Input{Dir: "d", Run: results.Run{CommandLine: line}})
		if all[1].Text != want {
			t.Errorf("%v: %s, want %s", line, all[1].Text, want)
		}
	}
}

func TestPagesNeedNoNetwork(t *testing.T) {
	for name, in := range examples() {
		page := string(render(t, in))
		for _, reference := range []string{"http:", "https:", "@import", "url(//", "src="} {
			if strings.Contains(page, reference) {
				t.Errorf("%s: %s", name, reference)
			}
		}
	}
}

func TestLittleOrNothingToShow(t *testing.T) {
	one := []history.Op{{F: "read", Key: "x"}, {F: "read", Key: "x", Index: 1, Type: history.OK, Value: history.Int(1)}}
	finding := []checkers.Finding{{Anomaly: "odd", Text: "It is odd.", Culprits: []int{0}}}
	for name, in := range map[string]Input{
		"nothing at all":           {},
		"an empty history":         {History: &history.History{}},
		"one call of no time":      {History: &history.History{Ops: one}},
		"a call without an end":    {History: &history.History{Ops: one[:1]}},
		"one call, one finding":    {History: &history.History{Ops: one}, Verdict: checkers.Verdict{Validity: checkers.Invalid, Findings: finding}},
		"findings without history": {Verdict: checkers.Verdict{Validity: checkers.Invalid, Findings: finding}},
		"indexes of nowhere":       {History: &history.History{Ops: one}, Verdict: checkers.Verdict{Findings: []checkers.Finding{{Culprits: []int{-1, 1, 99}, Context: []int{1 << 40}}}}},
		"faults only":              {History: &history.History{Ops: []history.Op{{Process: history.Nemesis, F: history.Inject, Fault: &history.Fault{ID: 1, Name: "kill"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if page := markup(render(t, in)); bytes.Contains(page, []byte("NaN")) || bytes.Contains(page, []byte("Inf")) {
				t.Error("a number is none")
			}
			if err := Text(io.Discard, in); err != nil {
				t.Error(err)
			}
		})
	}
}

// hostileInput has a text wherever a text can be.
func hostileInput(text string) Input {
	op := func(i int, t history.Type, at time.Duration) history.Op {
		return history.Op{Index: i, Process: i / 2, Type: t, F: text, Key: text, Value: history.List(history.String(text), history.Int(1)), Time: at, Node: text, Error: text}
	}
	fault := &history.Fault{ID: 1, Name: text, Nodes: []string{text, text}, Detail: text}
	h := &history.History{Ops: []history.Op{
		op(0, history.Invoke, 0), op(1, history.OK, ms(1)), op(2, history.Invoke, ms(2)), op(3, history.Info, ms(3)), op(4, history.Invoke, ms(4)), op(5, history.Fail, ms(5)),
		{Index: 6, Process: history.Nemesis, F: history.Inject, Time: ms(5), Fault: fault},
		{Index: 7, Process: history.Nemesis, F: history.Inject, Type: history.Info, Time: ms(6), Fault: fault, Error: text},
	}}
	finding := checkers.Finding{Anomaly: text, Key: text, Text: text, Culprits: []int{0, 2}, Context: []int{0, 2, 4},
		Cycle: []checkers.Dependency{{From: 0, To: 2, Kind: text, Why: text}, {From: 2, To: 0, Kind: text, Why: text}}}
	stats := []checkers.Stat{{Name: text, Value: text}}
	var findings []checkers.Finding
	for range 8 {
		findings = append(findings, finding)
	}
	run := results.Run{Assay: text, Go: text, CommandLine: []string{text, text}, Target: text, Workload: text, Nemesis: text,
		Runtime: text, Nodes: []string{text}, Settings: map[string]string{text: text}, Image: text, ImageID: text, Engine: text,
		Promise: text, Claims: []results.Claim{{Promise: text, Page: text, Settings: map[string]string{text: text}}, {Promise: text, Page: "https://" + text}},
		Machine: text, Capabilities: map[string]string{text: text}, Phases: []results.Phase{{Name: text}}, Error: text}
	part := checkers.Verdict{Checker: text, Reason: text, Stats: stats}
	return Input{Run: run, History: h, Dir: text,
		Verdict: checkers.Verdict{Checker: text, Validity: checkers.Invalid, Reason: text, Findings: findings, Stats: stats, Parts: []checkers.Verdict{part}}}
}

func TestHostileTextStaysText(t *testing.T) {
	for name, text := range map[string]string{
		"script":        `<script>alert(1)</script>`,
		"end of svg":    `</text></svg></figure><img src=x onerror="alert(1)">`,
		"end of title":  `</title></style><h1 onclick='x'>`,
		"attribute":     `" onmouseover="alert(1)" x="`,
		"comment":       `--><!-- ]]> <![CDATA[`,
		"template":      `{{.Style}}`,
		"control":       "\x00\x01\x07\x1b[31mred\x1b]0;title\x07\r\n\x7f\u0085\u2028\ufeff",
		"broken utf-8":  "a\xff\xfe\xc3(\xed\xa0\x80",
		"right to left": "\u202eevil\u202c \u2067x\u2069 שלום \u200f",
		"wide":          strings.Repeat("漢字", 40),
		"a megabyte":    strings.Repeat("long ", 200_000),
		"no spaces":     strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			in := hostileInput(text)
			page := render(t, in)
			if len(page) > 500_000 {
				t.Errorf("the page has %d bytes", len(page))
			}
			var told bytes.Buffer
			if err := Text(&told, in); err != nil {
				t.Fatal(err)
			}
			if told.Len() > 50_000 {
				t.Errorf("the text has %d bytes", told.Len())
			}
			for _, r := range page {
				if r < 0x20 && r != '\n' {
					t.Fatalf("the page has the character %q", r)
				}
			}
			for _, r := range told.String() {
				if (r < 0x20 && r != '\n') || r == 0x7f || r == 0x202e || r == 0x85 {
					t.Fatalf("the text has the character %q", r)
				}
			}
			for _, r := range "\u202e\u2067\u200f\u2028" {
				if bytes.ContainsRune(page, r) {
					t.Errorf("the page has the character %q", r)
				}
			}
		})
	}
}

// TestALongRunMakesASmallPage would take minutes, and megabytes, if anything
// but findings were drawn call by call.
func TestALongRunMakesASmallPage(t *testing.T) {
	const calls, faults = 200_000, 3000
	m := newMaker(5)
	for i := range faults {
		m.fault("kill", fmt.Sprint("n", i), []string{"n1"}, ms(float64(i)*60), ms(float64(i)*60+30), true)
	}
	for i := range calls {
		op := history.Op{Process: i, Node: fmt.Sprint("n", i%5), F: fmt.Sprint("f", i%70), Key: fmt.Sprint("k", i%9), Time: time.Duration(i) * time.Millisecond}
		m.call(op, m.latency(), history.Type(1+i%3), history.Int(i), fmt.Sprintf("error %x", i*7919))
	}
	h := m.history()
	var findings []checkers.Finding
	for i := range 5000 {
		all := make([]int, 2000)
		for j := range all {
			all[j] = (i + j) * 2
		}
		findings = append(findings, checkers.Finding{Anomaly: "lost", Key: "k1", Text: "It is lost.", Culprits: all, Context: all})
	}
	whole := render(t, Input{History: h, Verdict: checkers.Verdict{Validity: checkers.Invalid, Findings: findings}})
	if len(whole) > 40*calls {
		t.Errorf("the page has %d bytes with its data", len(whole))
	}
	page := markup(whole)
	if len(page) > 2_000_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	for _, text := range []string{"4,897 further findings", "all others", "2800 further faults", "further operations of this finding"} {
		if !bytes.Contains(page, []byte(text)) {
			t.Errorf("%q is not on the page", text)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestErrorsOfTheWriterAreReported(t *testing.T) {
	if err := Render(broken{}, validRun()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("page: %v", err)
	}
	if err := Text(broken{}, validRun()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("text: %v", err)
	}
}
