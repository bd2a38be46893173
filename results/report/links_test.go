package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// played is a history of one call a line: "process F in out", where - is nothing and the
// time goes on by two milliseconds a line, of which the call takes one. A ? as out is an
// unknown outcome, a ! a failure.
func played(t *testing.T, lines ...string) *history.History {
	t.Helper()
	m := newMaker(1)
	for i, line := range lines {
		words := strings.Fields(line)
		var process int
		if _, err := fmt.Sscan(words[0], &process); err != nil || len(words) != 4 {
			t.Fatalf("%q: %v", line, err)
		}
		op := history.Op{Process: process, Node: "n1", F: words[1], Key: "k", Value: valueOf(t, words[2]), Time: ms(float64(2 * i))}
		switch words[3] {
		case "?":
			m.call(op, ms(1), history.Info, history.Value{}, "timeout")
		case "!":
			m.call(op, ms(1), history.Fail, history.Value{}, "refused")
		default:
			m.call(op, ms(1), history.OK, valueOf(t, words[3]), "")
		}
	}
	return m.history()
}

func valueOf(t *testing.T, text string) history.Value {
	t.Helper()
	var v history.Value
	if text == "-" {
		return v
	}
	if err := v.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return v
}

// Lines are numbered from 0; each is two ops of the history.
func nth(n int) int { return 2 * n }

func sceneOf(h *history.History, f checkers.Finding) scene {
	s := choose(look(h).calls, f)
	s.number(f)
	return s
}

func TestLinksLeadFromAValueToWhoFoundIt(t *testing.T) {
	for name, c := range map[string]struct {
		lines    []string
		culprits []int
		want     string
	}{
		"a stale read":                 {[]string{"0 write 1 -", "1 write 2 -", "2 read - 1"}, []int{1, 2}, "0 read 2, 1 missed 2"},
		"what was found is not missed": {[]string{"0 write 1 -", "1 read - 1"}, []int{0, 1}, "0 read 1"},
		"written twice":                {[]string{"0 write 1 -", "1 write 1 -", "2 write 2 -", "3 read - 1"}, []int{2, 3}, "2 missed 3"},
		"the other time failed":        {[]string{"0 write 1 -", "1 write 1 !", "3 read - 1"}, []int{2}, "0 read 2"},
		"the other time is unknown":    {[]string{"0 write 1 -", "1 write 1 ?", "3 read - 1"}, []int{2}, ""},
		"a compare-and-set":            {[]string{"0 write 1 -", "1 cas [1,2] true", "3 read - 2"}, []int{0, 1, 2}, "0 read 1, 1 read 2"},
		"nothing was found":            {[]string{"0 write 1 -", "1 read - -"}, []int{0, 1}, "0 missed 1"},
		"a set":                        {[]string{"0 add 1 -", "1 add 2 -", "2 read - [2]"}, []int{0, 2}, "0 missed 2"},
		"a set that has it":            {[]string{"0 add 1 -", "1 add 2 -", "2 read - [2,1]"}, []int{0, 2}, ""},
		"a message twice":              {[]string{"0 send 1 1", "1 receive - 1", "2 receive - 1"}, []int{1, 2}, "0 read 1, 0 read 2, 1 again 2"},
		"two messages":                 {[]string{"0 send 1 1", "0 send 2 2", "1 receive - 1", "2 receive - 2"}, []int{2, 3}, "0 read 2, 1 read 3"},
		"a lock":                       {[]string{"0 acquire - 7", "1 acquire - 7", "0 release - -", "1 release - -"}, []int{0, 1, 2, 3}, "0 held 2, 1 held 3"},
	} {
		h := played(t, c.lines...)
		f := checkers.Finding{Key: "k"}
		for _, n := range c.culprits {
			f.Culprits = append(f.Culprits, nth(n))
		}
		f.Context = slices.Clone(f.Culprits)
		var got []string
		for _, l := range sceneOf(h, f).links {
			got = append(got, fmt.Sprint(l.from/2, " ", l.kind, " ", l.to/2))
		}
		if slices.Sort(got); strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, ", "), c.want)
		}
	}
}

func TestAWriteThatIsNotOverMissesNothing(t *testing.T) {
	h := played(t, "0 write 1 -", "1 write 2 ?", "2 read - 1")
	f := checkers.Finding{Key: "k", Culprits: []int{nth(1), nth(2)}}
	for _, l := range sceneOf(h, f).links {
		if l.kind == wasMissed {
			t.Errorf("an operation of unknown outcome was missed: %+v", l)
		}
	}
}

func TestStepsTellWhatEachHasToDoWithTheOthers(t *testing.T) {
	h := played(t, "0 write 1 -", "1 write 2 -", "2 read - 1", "3 write 3 ?")
	f := checkers.Finding{Key: "k", Culprits: []int{nth(1), nth(2)}, Context: []int{nth(1), nth(2), nth(3)}}
	s := sceneOf(h, f)
	span := history.FaultSpan{Fault: history.Fault{Name: "kill", Nodes: []string{"n1"}}, Start: ms(3), End: ms(5), Verified: true}
	var got []string
	for _, st := range s.walk([]fault{{FaultSpan: span, Number: 1}}, 3) {
		text := st.Number + " " + st.What
		for _, n := range st.Notes {
			text += "; " + n.Text
		}
		got = append(got, text)
	}
	want := []string{
		"1 write 1",
		"2 write 2",
		"3 read → 1; this is what 1 left; not what 2 left, which was over 1 ms before this began; during kill n1",
		"4 write 3 ?; may take effect at any later time, or never",
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps %q\nwant  %q", got, want)
	}
}

func TestTheLifeOfAMessage(t *testing.T) {
	for name, c := range map[string]struct {
		lines    []string
		culprits []int
		want     string
	}{
		"lost":             {[]string{"0 send 1 1", "1 send 2 2", "1 receive - 2", "2 receive - -"}, []int{0, 3}, "sent and acknowledged, never handed out*"},
		"duplicated":       {[]string{"0 send 1 1", "1 receive - 1", "2 receive - 1"}, []int{1, 2}, "sent and acknowledged, handed out, handed out again*"},
		"again after ack":  {[]string{"0 send 1 1", "1 receive - 1", "1 ack 1 1", "2 receive - 1"}, []int{2, 3}, "sent and acknowledged, handed out, done with, handed out again*"},
		"abandoned":        {[]string{"0 send 1 1", "1 receive - 1", "2 receive - -"}, []int{1, 2}, "sent and acknowledged, handed out, never handed out again*"},
		"of unknown send":  {[]string{"0 send 1 ?", "1 receive - 1", "2 receive - 1"}, []int{1, 2}, "sent, no answer, handed out, handed out again*"},
		"refused":          {[]string{"0 send 1 !", "1 receive - 1", "2 receive - 1"}, []int{1, 2}, "handed out, handed out again*"},
		"two messages":     {[]string{"0 send 1 1", "0 send 2 2", "1 receive - 2"}, []int{0, 1}, ""},
		"no message":       {[]string{"0 write 1 1", "0 read - 1"}, []int{0, 1}, ""},
		"a record, polled": {[]string{"0 send 7 [3,7]", "1 poll - [[3,7]]", "2 poll - [[3,7]]"}, []int{0}, "sent and acknowledged, handed out, handed out again"},
	} {
		h := played(t, c.lines...)
		f := checkers.Finding{Key: "k"}
		for _, n := range c.culprits {
			f.Culprits = append(f.Culprits, nth(n))
		}
		var got []string
		if v := newLife(look(h), f, 3); v != nil {
			for _, s := range v.Stations {
				got = append(got, s.What+map[bool]string{true: "*"}[s.Class == "wrong"])
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, ", "), c.want)
		}
	}
}
