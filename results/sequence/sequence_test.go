package sequence

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/sim/trace"
)

func staleRead(t testing.TB) *trace.Trace {
	t.Helper()
	f, err := os.Open("testdata/stale-read.trace")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr, err := trace.Decode(f)
	if err == nil {
		err = tr.Verify()
	}
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func rendered(t testing.TB, in Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What happened must be there, as what it was.
func TestEverythingIsDrawn(t *testing.T) {
	d := draw(Input{Trace: staleRead(t), Witness: []int{2, 5}})
	classes := make(map[string]int)
	for _, a := range d.Arrows {
		classes[a.Class]++
	}
	want := map[string]int{"sent": 14, "lost": 2, "again": 1, "away": 1}
	if fmt.Sprint(classes) != fmt.Sprint(want) {
		t.Errorf("arrows: %v, expected %v", classes, want)
	}
	culprits := 0
	for _, s := range d.Spans {
		if s.Culprit {
			culprits++
		}
	}
	if len(d.Spans) != 4 || culprits != 2 {
		t.Errorf("%d operations, %d of them marked", len(d.Spans), culprits)
	}
	if len(d.Bands) != 1 || d.Bands[0].Ends || d.Bands[0].Label != "partition n2 | n1 n3" {
		t.Errorf("faults: %+v", d.Bands)
	}
	if len(d.Notes) != 4 || len(d.Marks) != 6 || len(d.Breaches) != 1 {
		t.Errorf("%d notes, %d marks, %d violations", len(d.Notes), len(d.Marks), len(d.Breaches))
	}
	lives := make(map[string]int)
	for _, l := range d.Lives {
		lives[l.Class]++
	}
	if want := map[string]int{"up": 8, "down": 1, "paused": 1}; fmt.Sprint(lives) != fmt.Sprint(want) {
		t.Errorf("lives: %v, expected %v", lives, want)
	}
	if want := "What comes after the violation is left out: 2 events."; strings.TrimSpace(d.Cut) != want {
		t.Errorf("left out: %q", d.Cut)
	}
}

// Where no violation is marked, the picture ends with the witness.
func TestItEndsWithTheWitness(t *testing.T) {
	tr := staleRead(t)
	tr.Events = slices.DeleteFunc(tr.Events, func(e trace.Event) bool { return e.Kind == trace.Violation })
	d := draw(Input{Trace: tr, Witness: []int{2}})
	if last := d.Rows[len(d.Rows)-1].What; last != "complete c1 #2 ok 2" {
		t.Errorf("it ends with %q", last)
	}
}

// An operation without an end is open, and its outcome unknown.
func TestOpenOperation(t *testing.T) {
	d := draw(Input{Trace: staleRead(t)})
	open := slices.IndexFunc(d.Spans, func(s span) bool { return s.Asked.Label == "write x 3" })
	if open < 0 || d.Spans[open].Class != "unknown" || d.Spans[open].Bottom < d.Breaches[0].Y {
		t.Errorf("%+v", d.Spans)
	}
}

// Arrows never go back in time, and nothing lies outside of the picture.
func TestGeometry(t *testing.T) {
	d := draw(Input{Trace: staleRead(t)})
	for _, a := range d.Arrows {
		if a.Y2 < a.Y1 || a.Y2 > d.Height || a.X1 < 0 || a.X2 > d.Width {
			t.Errorf("%+v", a)
		}
	}
	for _, l := range d.Lives {
		if l.Bottom < l.Top {
			t.Errorf("%+v", l)
		}
	}
}

// busy is a trace with many heartbeats around one contradiction.
func busy(heartbeats int) *trace.Trace {
	tr := &trace.Trace{Nodes: []string{"n1", "n2", "n3"}, Clients: []string{"c0", "c1"}}
	number := 1000
	at := time.Duration(0)
	message := func(from, to, text string) {
		number++
		at += time.Millisecond
		tr.Add(trace.Event{At: at, Kind: trace.Send, Node: from, Peer: to, Number: number, Text: text})
		tr.Add(trace.Event{At: at + 1, Kind: trace.Deliver, Node: from, Peer: to, Number: number})
	}
	operation := func(client, node string, n int, what string) {
		tr.Add(trace.Event{At: at + 1, Kind: trace.Invoke, Node: client, Number: n, Text: what})
		message(client, node, what)
		message(node, "n3", "replicate "+what)
		message("n3", node, "replicated "+what)
		message(node, client, "done")
		tr.Add(trace.Event{At: at + 1, Kind: trace.Complete, Node: client, Number: n, Outcome: trace.OK})
	}
	for i := range heartbeats {
		tr.Add(trace.Event{At: at + 1, Kind: trace.Timer, Node: "n1", Text: "heartbeat"})
		message("n1", "n2", "heartbeat")
		if i == heartbeats/3 {
			operation("c0", "n1", 0, "write 1")
		}
		if i == 2*heartbeats/3 {
			operation("c1", "n2", 7, "read 0")
			tr.Add(trace.Event{At: at + 1, Kind: trace.Violation, Node: "c1", Number: 7, Text: "stale"})
		}
	}
	return tr
}

func TestALongTraceIsCutToWhatMatters(t *testing.T) {
	tr := busy(500)
	if err := tr.Verify(); err != nil {
		t.Fatal(err)
	}
	in := Input{Trace: tr, Witness: []int{0, 7}, Most: 60}
	d := draw(in)
	if len(d.Rows) > 60 {
		t.Errorf("%d events are drawn", len(d.Rows))
	}
	var all strings.Builder
	for _, r := range d.Rows {
		all.WriteString(r.What + "\n")
	}
	for _, needed := range []string{"invoke c0 #0 write 1", "replicate write 1", "replicated write 1", "complete c0 #0", "replicated read 0", "complete c1 #7", "violation c1 #7"} {
		if !strings.Contains(all.String(), needed) {
			t.Errorf("%q is not drawn", needed)
		}
	}
	if strings.Contains(all.String(), "heartbeat") {
		t.Errorf("heartbeats are drawn:\n%s", all.String())
	}
	if !strings.HasPrefix(d.Cut, fmt.Sprintf("%d of ", len(d.Rows))) || len(d.Tears) == 0 {
		t.Errorf("it does not say what is left out: %q, %d tears", d.Cut, len(d.Tears))
	}
}

// A limit that not even the contradiction keeps to must not break anything.
func TestVeryFewEvents(t *testing.T) {
	for most := range 12 {
		d := draw(Input{Trace: busy(20), Witness: []int{0, 7}, Most: most + 1})
		if len(d.Rows) > most+1 {
			t.Errorf("%d events where %d were allowed", len(d.Rows), most+1)
		}
	}
	if d := draw(Input{Trace: &trace.Trace{}}); len(d.Rows) != 0 || d.Cut != "" {
		t.Errorf("an empty trace: %+v", d)
	}
}

// hostile text stands in every place where text can stand.
func hostile() *trace.Trace {
	const evil = "</text></svg><script>document.title='owned'</script>\"'><img src=x onerror=alert(1)>\u202e\x00\n{{.Style}}"
	tr := &trace.Trace{Nodes: []string{"n1" + evil, "n2"}, Clients: []string{evil}}
	n, c := tr.Nodes[0], tr.Clients[0]
	for i, e := range []trace.Event{
		{Kind: trace.Invoke, Node: c, Number: 1, Text: evil},
		{Kind: trace.Send, Node: c, Peer: n, Number: 1, Text: `{"` + "a" + `":"<script>x</script>","b":{"<b>":["<i>",{"c":1}]}}`},
		{Kind: trace.Deliver, Node: c, Peer: n, Number: 1},
		{Kind: trace.Send, Node: n, Peer: "n2", Number: 2, Text: evil},
		{Kind: trace.Drop, Node: n, Peer: "n2", Number: 2, Text: evil},
		{Kind: trace.Send, Node: n, Peer: n, Number: 3, Text: strings.Repeat(evil, 3000)},
		{Kind: trace.Deliver, Node: n, Peer: n, Number: 3},
		{Kind: trace.Timer, Node: n, Text: evil},
		{Kind: trace.Note, Node: n, Text: evil},
		{Kind: trace.Fault, Number: 1, Nodes: []string{n}, Text: evil},
		{Kind: trace.Crash, Node: "n2", Text: evil},
		{Kind: trace.Complete, Node: c, Number: 1, Outcome: trace.Info, Text: evil},
		{Kind: trace.Violation, Text: evil},
	} {
		e.At = time.Duration(i) * time.Millisecond
		tr.Add(e)
	}
	return tr
}

func TestHostileTextIsText(t *testing.T) {
	tr := hostile()
	if err := tr.Verify(); err != nil {
		t.Fatal(err)
	}
	page := rendered(t, Input{Trace: tr, Title: "<script>", About: "<script>"})
	for _, bad := range []string{"<script", "<img", "\u202e", "\x00", "<i>", "<b>"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q got through", bad)
		}
	}
	if len(page) > 200_000 {
		t.Errorf("%d bytes", len(page))
	}
	wellFormed(t, page)
}

// wellFormed reads the picture as XML: a browser would put right what is wrong.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page[strings.Index(page, "<figure"):strings.Index(page, "</main>")]))
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("no well-formed picture: %v", err)
		}
	}
}

func TestTheSameEveryTime(t *testing.T) {
	in := Input{Trace: staleRead(t), Witness: []int{2, 5}, Title: "stale read"}
	first := rendered(t, in)
	wellFormed(t, first)
	for range 20 {
		if rendered(t, in) != first {
			t.Fatal("the same trace gives another picture")
		}
	}
}

func TestMessage(t *testing.T) {
	for text, want := range map[string]string{
		"plain words":              "plain words",
		"":                         "",
		`{"term":2}`:               "term 2",
		`{"f":"read","key":"x"}`:   "read key x",
		`{"broken":`:               `{"broken":`,
		`[1,2]`:                    "[1,2]",
		`{"ok":true,"done":false}`: "ok not done",
		`{"term":2,"vote_request":{"pre":true,"last":3}}`:                     "vote_request term 2 pre last 3",
		`{"append":{"entries":[{"term":1,"command":{"f":"write"}},"two",3]}}`: "append entries [command write term 1, two, 3]",
	} {
		if got := message(text); got != want {
			t.Errorf("%s: %q, expected %q", text, got, want)
		}
	}
}

func TestSteps(t *testing.T) {
	tr := &trace.Trace{Clock: trace.Steps, Nodes: []string{"n1"}, Events: []trace.Event{{At: 3, Kind: trace.Timer, Node: "n1", Text: "tick"}}}
	d := draw(Input{Trace: tr})
	if len(d.Ticks) != 1 || d.Ticks[0].Label != "step 3" {
		t.Errorf("%+v", d.Ticks)
	}
}
