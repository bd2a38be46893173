package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// sketch is a picture's data as text: what the template would draw.
func sketch(p picture) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%.0f x %.0f, lanes from %.0f to %.0f\n", p.About, p.Width, p.Height, p.Top, p.Bottom)
	for _, f := range p.Bands {
		fmt.Fprintf(&b, "band %q x %.1f width %.1f label %.1f,%.1f doubtful %v ends %v\n", f.Label, f.X, f.Width, f.LabelX, f.LabelY, f.Doubtful, f.Ends)
	}
	for _, l := range p.Lanes {
		fmt.Fprintf(&b, "lane %s %s y %.0f height %.0f\n", l.Node, l.Process, l.Y, l.Height)
		for _, c := range l.Bars {
			flags := ""
			for _, flag := range []struct {
				name string
				set  bool
			}{{" culprit", c.Culprit}, {" faint", c.Faint}, {" inside", c.Inside}} {
				if flag.set {
					flags += flag.name
				}
			}
			fmt.Fprintf(&b, "  %s %s %q x %.1f width %.1f y %.0f label %.1f %s%s\n", cmp.Or(c.Step, "-"), c.Class, c.Label, c.X, c.Width, c.Y, c.LabelX, c.Anchor, flags)
		}
	}
	for _, g := range p.Gaps {
		fmt.Fprintf(&b, "gap %s x %.1f width %.1f\n", g.Label, g.X, g.Width)
	}
	for _, k := range p.Ticks {
		fmt.Fprintf(&b, "tick %s x %.1f\n", k.Label, k.X)
	}
	fmt.Fprintf(&b, "marks %.1f\n", p.Marks)
	for _, h := range p.Holds {
		fmt.Fprintf(&b, "hold x %.1f width %.1f y %.0f culprit %v\n", h.X, h.Width, h.Y, h.Culprit)
	}
	for _, a := range p.Arrows {
		fmt.Fprintf(&b, "arrow %s %s wrong %v\n", a.Class, a.Path, a.Wrong)
	}
	return b.String()
}

func pictureOf(in Input, finding int, f frame) picture {
	r := look(in.History)
	s := choose(r.calls, in.Verdict.Findings[finding])
	s.number(in.Verdict.Findings[finding])
	return draw(s, r.faults, decimals(s.calls), f)
}

func TestPicturesOfExamples(t *testing.T) {
	golden(t, "stale-read.picture", sketch(pictureOf(staleRead(), 0, wide)))
	golden(t, "stale-read-slim.picture", sketch(pictureOf(staleRead(), 0, slim)))
	golden(t, "lost-message.picture", sketch(pictureOf(lostMessage(), 0, wide)))
}

// TestPicturesAreReadable holds what must be true of every picture: bars within
// it and in order of time, labels of a row apart, the culprits marked.
func TestPicturesAreReadable(t *testing.T) {
	for seed := range int64(60) {
		m := newMaker(seed)
		m.fault("partition", "n1 | n2 n3", []string{"n1"}, ms(50), ms(900), seed%2 == 0)
		m.registers(ms(1500), ms(1+m.random.Float64()*40), map[string][][2]time.Duration{"n1": {{ms(50), ms(900)}}})
		h := m.history()
		calls := h.Calls()
		var f checkers.Finding
		f.Key = calls[0].Key
		for range 2 + m.random.Intn(40) {
			f.Context = append(f.Context, calls[m.random.Intn(len(calls))].Invoke)
		}
		f.Culprits = f.Context[:1+m.random.Intn(3)]
		for _, frame := range []frame{wide, slim} {
			checkPicture(t, seed, pictureOf(Input{History: h, Verdict: checkers.Verdict{Findings: []checkers.Finding{f}}}, 0, frame))
		}
	}
}

func checkPicture(t *testing.T, seed int64, p picture) {
	t.Helper()
	marked := 0
	for _, l := range p.Lanes {
		rows := map[float64][][2]float64{}
		for i, b := range l.Bars {
			if b.X < 0 || b.X+b.Width > p.Width+0.2 || b.Width < minBar {
				t.Errorf("seed %d: %s lies at %.1f, %.1f wide", seed, b.Label, b.X, b.Width)
			}
			if b.Y < l.Y || b.Y+b.Height > l.Y+l.Height {
				t.Errorf("seed %d: %s is outside of its lane", seed, b.Label)
			}
			if i > 0 && b.X < l.Bars[i-1].X {
				t.Errorf("seed %d: %s is drawn before %s", seed, b.Label, l.Bars[i-1].Label)
			}
			from, to := b.extent()
			rows[b.Y] = append(rows[b.Y], [2]float64{from, to})
			if b.Culprit {
				marked++
			}
		}
		for _, extents := range rows {
			for i := 1; i < len(extents); i++ {
				if extents[i][0] < extents[i-1][1] {
					t.Errorf("seed %d: labels of %s overlap: %v", seed, l.Process, extents)
				}
			}
		}
	}
	if marked == 0 {
		t.Errorf("seed %d: no culprit is marked", seed)
	}
	for i := 1; i < len(p.Ticks); i++ {
		if p.Ticks[i].X-p.Ticks[i-1].X < 50 {
			t.Errorf("seed %d: ticks at %.1f and %.1f", seed, p.Ticks[i-1].X, p.Ticks[i].X)
		}
	}
}

func TestIndeterminateCallsAreOpenEnded(t *testing.T) {
	calls := []history.Call{
		{Process: 1, Node: "n1", F: "write", In: history.Int(1), Type: history.Info, Start: ms(1), End: history.Never, Invoke: 0, Complete: -1},
		{Process: 2, Node: "n2", F: "read", Type: history.OK, Out: history.Int(1), Start: ms(5), End: ms(6), Invoke: 1, Complete: 2},
	}
	p := draw(scene{calls: calls, role: map[int]role{0: culprit, 1: culprit}}, nil, 3, wide)
	open, closed := p.Lanes[0].Bars[0], p.Lanes[1].Bars[0]
	if open.Class != "unknown" || open.X+open.Width != p.Width {
		t.Errorf("the open call ends at %.1f of %.1f", open.X+open.Width, p.Width)
	}
	if closed.X+closed.Width > p.Width-tail {
		t.Errorf("the closed call ends at %.1f, where only open ones go", closed.X+closed.Width)
	}
	if open.Label != "write 1 ?" {
		t.Errorf("label %q", open.Label)
	}
}

func TestOneCallMakesAPicture(t *testing.T) {
	for _, end := range []time.Duration{ms(3), ms(4), history.Never} {
		c := history.Call{F: "read", Start: ms(3), End: end, Complete: -1}
		p := draw(scene{calls: []history.Call{c}, role: map[int]role{0: culprit}}, nil, 3, wide)
		if len(p.Lanes) != 1 || len(p.Lanes[0].Bars) != 1 || len(p.Ticks) == 0 {
			t.Errorf("end %v: %s", end, sketch(p))
		}
	}
}

func TestFaultsBehindThePicture(t *testing.T) {
	span := func(n int, from, to float64) fault {
		end := ms(to)
		if to == 0 {
			end = history.Never
		}
		return fault{Number: n, FaultSpan: history.FaultSpan{Fault: history.Fault{Name: fmt.Sprint("f", n)}, Start: ms(from), End: end, Verified: true}}
	}
	faults := []fault{span(1, 1, 9), span(2, 5, 15), span(3, 12, 0), span(4, 40, 50)}
	calls := []history.Call{{F: "a", Start: ms(10), End: ms(12)}, {F: "b", Process: 1, Start: ms(18), End: ms(20), Invoke: 1}}
	p := draw(scene{calls: calls, role: map[int]role{0: culprit}}, faults, 3, wide)
	var names []string
	for _, b := range p.Bands {
		names = append(names, strings.TrimSpace(b.Label))
	}
	if !slices.Equal(names, []string{"f2", "f3"}) {
		t.Errorf("faults shown: %v", names)
	}
	if before, after := p.Bands[0], p.Bands[1]; before.X != 0 || !before.Ends || after.Ends || after.X+after.Width != p.Width {
		t.Errorf("bands %+v", p.Bands)
	}
}
