package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// reading adds what clocks show at a time; nodes that are not named were down.
func (m *maker) reading(at float64, offsets map[string]time.Duration) {
	seen := map[string]history.ClockOffset{}
	for node, offset := range offsets {
		seen[node] = history.ClockOffset{Offset: offset, Bound: ms(3)}
	}
	op := history.Op{Process: history.Nemesis, Type: history.Invoke, F: history.Clocks, Time: ms(at)}
	m.timed = append(m.timed, op)
	op.Type, op.Value, op.Time = history.OK, history.ClockOffsets(seen), ms(at+1)
	m.timed = append(m.timed, op)
}

// drifting has a clock that jumps ahead by 5 s and then runs on at twice its speed, and
// one whose node is down for a while.
func drifting() *history.History {
	m := newMaker(1)
	for i := range 100 {
		m.call(history.Op{Process: i, F: "read", Time: ms(float64(i) * 100)}, ms(1), history.OK, history.Value{}, "")
	}
	m.fault("clock", "jump 5s and drift 1000000 ppm at n1", []string{"n1"}, ms(2000), ms(6000), true)
	for at := 0.0; at < 10_000; at += 500 {
		offsets := map[string]time.Duration{"n1": 0}
		if at > 2000 && at < 6000 {
			offsets["n1"] = 5*time.Second + ms(at-2000)
		}
		if at < 7000 || at > 8000 {
			offsets["n2"] = 0
		}
		m.reading(at, offsets)
	}
	return m.history()
}

func drawClocks(h *history.History) *chart {
	r := look(h)
	return clockChart(h, r, newGrid(r))
}

func TestClocksAreDrawnByNode(t *testing.T) {
	c := drawClocks(drifting())
	if c == nil || len(c.Lines) != 2 || len(c.Bands) != 1 {
		t.Fatalf("%+v", c)
	}
	var levels []string
	for _, l := range c.Across {
		levels = append(levels, l.Label)
	}
	if got := strings.Join(levels, " "); got != "right +2 s +4 s +6 s +8 s" {
		t.Errorf("levels %s", got)
	}
	if pieces := strings.Count(c.Lines[1].Path, "M"); pieces != 2 {
		t.Errorf("n2 was down once, its line has %d pieces: %s", pieces, c.Lines[1].Path)
	}
	// The right time is below, and what runs ahead goes up.
	var first, before, last float64
	for i, point := range strings.FieldsFunc(c.Lines[0].Path, func(r rune) bool { return r == 'M' || r == 'L' }) {
		var x, y float64
		if _, err := fmt.Sscanf(point, "%f %f", &x, &y); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = y
		}
		if x > 200 && x < 600 {
			if before != 0 && y >= before {
				t.Errorf("at %.0f ‰ the clock is at %.1f, after %.1f", x, y, before)
			}
			before = y
		}
		last = y
	}
	if first != last || before == 0 || before > first/3 {
		t.Errorf("from %.1f to %.1f and back to %.1f", first, before, last)
	}
}

func TestWhatClocksShowedStandsInATable(t *testing.T) {
	c := drawClocks(drifting())
	total := 0
	for _, row := range c.Table.Rows {
		total += number([]byte(row[3]))
	}
	if total != 20+17 {
		t.Errorf("%d readings", total)
	}
	table := fmt.Sprint(c.Table.Rows)
	for _, row := range []string{"[0.0 s 2.1 s n1 5 right right 3 ms]", "+5.5 s +5.5 s 3 ms]", "[0.0 s 6.6 s n2 14 right right 3 ms]"} {
		if !strings.Contains(table, row) {
			t.Errorf("%s is not in %s", row, table)
		}
	}
	if !strings.Contains(fmt.Sprint(c.Columns), "n1 +5.5 s, n2 right") {
		t.Errorf("nothing to point at: %v", c.Columns)
	}
}

func TestNothingIsSaidOfClocksThatNobodyRead(t *testing.T) {
	h := drifting()
	page := string(render(t, Input{History: h}))
	if !strings.Contains(page, `id="clocks"`) || !strings.Contains(page, `class="line clock-1"`) {
		t.Error("the page does not show clocks that were read")
	}
	for i := range h.Ops {
		if h.Ops[i].F == history.Clocks {
			h.Ops[i].F = history.Ready
		}
	}
	if page := string(render(t, Input{History: h})); strings.Contains(page, `id="clocks"`) {
		t.Error("the page shows clocks that nobody read")
	}
}

// A clock that strobes is at both ends of its way in nearly every stretch.
func TestExtremesOfManyReadingsAreDrawn(t *testing.T) {
	m := newMaker(1)
	m.call(history.Op{F: "read", Time: 0}, ms(100_000), history.OK, history.Value{}, "")
	for i := range 10_000 {
		m.reading(float64(i)*10, map[string]time.Duration{"n1": time.Duration(i%7%2) * time.Second})
	}
	c := drawClocks(m.history())
	points := strings.Count(c.Lines[0].Path, "L")
	if points < 150 || points > 4*150 {
		t.Errorf("%d points", points)
	}
	if len(c.Table.Rows) != 1 || c.Table.Rows[0][4] != "right" || c.Table.Rows[0][5] != "+1 s" {
		t.Errorf("%v", c.Table.Rows)
	}
}

// A history may come from anywhere.
func TestClocksFarAwayAreDrawn(t *testing.T) {
	year := 365 * 24 * time.Hour
	for far, wanted := range map[time.Duration]string{
		time.Millisecond: "+1 ms", time.Hour: "+30m", 10 * year: "+3650 d", -10 * year: "−3650 d", -1 << 63: "−36500 d", 1<<63 - 1: "+36500 d", 0: "right",
	} {
		m := newMaker(1)
		m.call(history.Op{F: "read", Time: 0}, ms(100), history.OK, history.Value{}, "")
		m.reading(10, map[string]time.Duration{"n1": far})
		c := drawClocks(m.history())
		if len(c.Across) < 3 || len(c.Across) > 8 || !strings.Contains(fmt.Sprint(c.Across), wanted) {
			t.Errorf("%s ahead: levels %v", far, c.Across)
		}
	}
}
