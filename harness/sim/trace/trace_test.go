package trace

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the files under testdata")

// told has every kind of event.
func told() *Trace {
	ms := time.Millisecond
	return &Trace{
		Nodes: []string{"n1", "n2", "n3"}, Clients: []string{"c0", "c1"},
		Events: []Event{
			{At: 1 * ms, Kind: Timer, Node: "n1", Text: "election"},
			{At: 1 * ms, Kind: Send, Node: "n1", Peer: "n2", Number: 1, Text: "vote for me in term 1"},
			{At: 1 * ms, Kind: Duplicate, Node: "n1", Peer: "n2", Number: 1},
			{At: 2 * ms, Kind: Deliver, Node: "n1", Peer: "n2", Number: 1},
			{At: 2*ms + 1, Kind: Drop, Node: "n1", Peer: "n2", Number: 1, Text: "loss"},
			{At: 3 * ms, Kind: Note, Node: "n1", Text: "leader of term 1"},
			{At: 4 * ms, Kind: Fault, Number: 7, Nodes: []string{"n1", "n2"}, Text: "partition n1 n2 | n3"},
			{At: 4 * ms, Kind: Invoke, Node: "c0", Number: 4, Text: "write x 7"},
			{At: 5 * ms, Kind: Crash, Node: "n2", Text: "2 records were not synced"},
			{At: 6 * ms, Kind: Restart, Node: "n2"},
			{At: 6 * ms, Kind: Pause, Node: "n3"},
			{At: 7 * ms, Kind: Resume, Node: "n3"},
			{At: 8 * ms, Kind: Complete, Node: "c0", Number: 4, Outcome: Info, Text: "deadline"},
			{At: 8 * ms, Kind: Heal, Number: 7},
			{At: 9 * ms, Kind: Fault, Number: 8, Text: "clock"},
			{At: 9 * ms, Kind: Heal, Number: 8},
			{At: 1500 * ms, Kind: Invoke, Node: "c1", Number: 9, Text: "read x"},
			{At: 1501 * ms, Kind: Complete, Node: "c1", Number: 9, Outcome: OK, Text: "0"},
			{At: 1501 * ms, Kind: Violation, Node: "c1", Number: 9, Text: "stale-read"},
			{At: 1501 * ms, Kind: Violation, Text: "leaders: two in a term"},
		},
	}
}

func encoded(t *testing.T, tr *Trace) string {
	t.Helper()
	var b bytes.Buffer
	if err := tr.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The text form is what people have in their files: it does not change unnoticed.
func TestText(t *testing.T) {
	got := encoded(t, told())
	const file = "testdata/every-kind.trace"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the text form is another one now:\n%s", got)
	}
	if err := told().Verify(); err != nil {
		t.Error(err)
	}
}

func TestRoundTrip(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		want := random(chance)
		text := encoded(t, want)
		got, err := Decode(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%#v\nbecame\n%#v\nthrough\n%s", want, got, text)
		}
		if lines := strings.Count(text, "\n"); lines != 4+len(want.Events) {
			t.Fatalf("%d lines of %d events", lines, len(want.Events))
		}
	}
}

// hostile are names and texts that could be taken for something else.
var hostile = []string{
	"n1", "a b", " ", "#1", "n1->n2", "a,b", "*", "ok", "fail x", "\n", "a\r\n0.1 crash n1", "\x00", "\xff\xfe", "\\", `\n`,
	"\u202eevil", "é", "日本", "\U0001f600", "%", " lead", "trail ", "assay trace 1", "\ufffd", strings.Repeat("x", 5000),
}

func random(chance *rand.Rand) *Trace {
	pick := func() string { return hostile[chance.IntN(len(hostile))] }
	tr := &Trace{Clock: Clock(chance.IntN(2)), Nodes: []string{pick()}, Clients: []string{pick(), pick()}}
	for range chance.IntN(8) {
		tr.Events = append(tr.Events, randomEvent(chance, pick))
	}
	return tr
}

func randomEvent(chance *rand.Rand, pick func() string) Event {
	e := Event{At: time.Duration(chance.Int64N(1e12)), Kind: Kind(1 + chance.IntN(int(Violation))), Text: pick()}
	if chance.IntN(3) == 0 {
		e.Text = ""
	}
	switch e.Kind {
	case Fault:
		e.Nodes = [][]string{nil, {pick()}, {pick(), pick()}}[chance.IntN(3)]
	case Heal:
	case Violation:
		e.Node = []string{"", pick()}[chance.IntN(2)]
	default:
		e.Node = pick()
	}
	if e.Kind.message() {
		e.Peer = pick()
	}
	if e.Kind.numbered() {
		e.Number = chance.IntN(1000) - 1
	}
	if e.Kind == Complete {
		e.Outcome = Outcome(1 + chance.IntN(3))
	}
	return e
}

func TestDecodeRefuses(t *testing.T) {
	const start = "assay trace 1\nclock time\nnodes n1 n2\nclients c0\n"
	for text, want := range map[string]string{
		"":                          `ends before its line "assay trace 1"`,
		"<html>":                    `line 1: "<html>" where "assay trace 1" was expected`,
		"assay trace 12":            `line 1:`,
		"assay trace 1 x":           `line 1: "x" after`,
		"assay trace 1\nclock moon": `line 2: the clock is "moon"`,
		"assay trace 1\nclock time": `ends before its line "nodes"`,
		start + "1 crash n1":        `line 5: "1" is no time`,
		start + "0.000000001 melt":  `line 5: "melt" is no kind`,
		start + "\n% a remark\n0.000000001 send n1 #1": `line 7: "n1" where a message has its ends`,
		start + "0.000000001 send n1->n2 1":            `line 5: "1" where a number`,
		start + "0.000000001 crash":                    `does not say on which node`,
		start + "0.000000001 fault #1":                 `does not say on which nodes`,
		start + "0.000000001 complete c0 #1 maybe":     `"maybe" is no outcome`,
		start + `0.000000001 note n1 \q`:               `not escaped`,
	} {
		_, err := Decode(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
}

func TestVerify(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Trace)
		want   string
	}{
		"a lane that there is not":     {func(t *Trace) { t.Events[0].Node = "n9" }, `no lane "n9"`},
		"two lanes of a name":          {func(t *Trace) { t.Clients[1] = "n1" }, "two lanes"},
		"a time that goes back":        {func(t *Trace) { t.Events[5].At = 0 }, "earlier"},
		"a message that was not sent":  {func(t *Trace) { t.Events = slices.Delete(t.Events, 1, 3) }, "was not sent"},
		"another way":                  {func(t *Trace) { t.Events[3].Peer = "n3" }, "was not sent on this way"},
		"one copy, two arrivals":       {func(t *Trace) { t.Events = slices.Delete(t.Events, 2, 3) }, "no copy"},
		"sent twice":                   {func(t *Trace) { t.Events[2].Kind = Send }, "sent before"},
		"healed twice":                 {func(t *Trace) { t.Events[15].Number = 7 }, "no fault #7"},
		"an end without a beginning":   {func(t *Trace) { t.Events[17].Number = 4 }, "had not begun"},
		"the end of another client's":  {func(t *Trace) { t.Events[17].Node = "c0" }, "c0 had not begun"},
		"an operation that goes on":    {func(t *Trace) { t.Events[12] = t.Events[7]; t.Events[12].At = 8 * time.Millisecond }, "already"},
		"a fault on unknown nodes":     {func(t *Trace) { t.Events[6].Nodes = []string{"n4"} }, `no lane "n4"`},
		"a message to nobody we know":  {func(t *Trace) { t.Events[1].Peer = "n7" }, `no lane "n7"`},
		"a violation by somebody else": {func(t *Trace) { t.Events[18].Node = "c7" }, `no lane "c7"`},
	} {
		tr := told()
		c.change(tr)
		if err := tr.Verify(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %s", name, err, c.want)
		}
	}
}

func TestViolated(t *testing.T) {
	if at, ok := told().Violated(); !ok || at != 18 {
		t.Errorf("violated at %d, %v", at, ok)
	}
	if _, ok := (&Trace{}).Violated(); ok {
		t.Error("an empty trace is violated")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("assay trace 1\nclock time\nnodes n1\nclients c0\n0.000000001 note n1 x\n")
	f.Fuzz(func(t *testing.T, text string) {
		tr, err := Decode(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := Decode(strings.NewReader(encoded(t, tr)))
		if err != nil || !reflect.DeepEqual(again, tr) {
			t.Errorf("%v: %#v became %#v", err, tr, again)
		}
	})
}
