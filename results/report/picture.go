package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// picture is a finding's calls on a time axis, one lane a process, as the
// template draws it. All numbers are pixels.
type picture struct {
	Width, Height float64
	// Names is the width of the column with the lanes' names, which stands still
	// when the picture is moved under it.
	Names float64
	// Top is where the lanes begin, Bottom where they end; the names of the
	// faults are above, those of the times below.
	Top, Bottom float64
	Lanes       []lane
	Bands       []band
	Ticks       []tick
	Gaps        []gap
	// Marks are the moments at which culprits began and ended.
	Marks []float64
	About string
}

// lane is one process.
type lane struct {
	Process   string
	Node      string
	Y, Height float64
	Odd       bool
	Bars      []bar
}

// bar is one call.
type bar struct {
	X, Y, Width, Height float64
	// Class is ok, failed or unknown.
	Class   string
	Culprit bool
	// Faint is a call that only happened nearby.
	Faint  bool
	Label  string
	LabelX float64
	// Anchor is start or end, as in SVG; Inside is a label on the bar.
	Anchor string
	Inside bool
	Title  string
}

// band is a fault behind the lanes with its name above them.
type band struct {
	X, Width float64
	// LabelX and LabelY are where its name begins and its base line.
	LabelX, LabelY float64
	Anchor         string
	Label          string
	Doubtful       bool
	// Ends says that it ended within the picture.
	Ends  bool
	Title string
}

const (
	pictureWidth = 900.0
	namesWidth   = 96.0
	rowHeight    = 26.0
	barHeight    = 18.0
	lanePad      = 5.0
	bandRow      = 19.0
	timesHeight  = 30.0
	minBar       = 7.0
	// tail is the room at the right in which indeterminate calls fade out.
	tail = 70.0
	// glyph is the width of a character, on average, of the labels.
	glyph     = 6.5
	mostLabel = 34
	mostBands = 400
	// mostBandRows is how high names of faults may be piled up; a fault whose name
	// has no place there is shaded without.
	mostBandRows = 5
	mostNaming   = 60
)

func draw(s scene, faults []fault, decimals int) picture {
	a := newAxis(s.calls, 0, pictureWidth-fading(s.calls), labelRoom)
	p := picture{
		Width: pictureWidth, Names: namesWidth,
		Ticks: a.ticks(), Gaps: a.gaps(),
		About: about(s),
	}
	p.Bands, p.Top = bands(a, s.calls, faults)
	y := p.Top
	for i, group := range byProcess(s.calls) {
		l := newLane(a, s, group, y, decimals)
		l.Odd = i%2 == 1
		p.Lanes = append(p.Lanes, l)
		y += l.Height
	}
	p.Bottom = y
	p.Height = y + timesHeight
	p.Marks = marks(a, s)
	return p
}

// labelRoom is for the label behind a call, should it not fit inside.
func labelRoom(c history.Call) float64 { return textWidth(shortLabel(c)) + 14 }

func shortLabel(c history.Call) string { return clip(label(c, 20), mostLabel) }

// fading is the room at the right in which indeterminate calls fade out.
func fading(calls []history.Call) float64 {
	if slices.ContainsFunc(calls, func(c history.Call) bool { return c.End == history.Never }) {
		return tail
	}
	return 0
}

// about describes the picture to those who cannot see it; the table beside it
// has the rest.
func about(s scene) string {
	culprits := 0
	for _, r := range s.role {
		if r == culprit {
			culprits++
		}
	}
	return fmt.Sprintf("%s on a time axis, %d of them marked: the finding rests on these",
		checkers.Count(len(s.calls), "operation"), culprits)
}

// byProcess groups calls into lanes: those of a node next to each other.
func byProcess(calls []history.Call) [][]history.Call {
	sorted := slices.Clone(calls)
	slices.SortStableFunc(sorted, func(a, b history.Call) int {
		return cmp.Or(natural(a.Node, b.Node), cmp.Compare(a.Process, b.Process), cmp.Compare(a.Invoke, b.Invoke))
	})
	var groups [][]history.Call
	for _, c := range sorted {
		n := len(groups)
		if n > 0 && groups[n-1][0].Process == c.Process && groups[n-1][0].Node == c.Node {
			groups[n-1] = append(groups[n-1], c)
			continue
		}
		groups = append(groups, []history.Call{c})
	}
	return groups
}

// natural orders n2 before n10.
func natural(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func newLane(a axis, s scene, calls []history.Call, top float64, decimals int) lane {
	l := lane{
		Process: "process " + strconv.Itoa(calls[0].Process),
		Node:    short(calls[0].Node, 11),
		Y:       top,
	}
	var rows []float64 // where each row is free again
	for _, c := range calls {
		b := newBar(a, c, s.role[c.Invoke], decimals)
		from, to := b.extent()
		row := freeRow(rows, from)
		if row == len(rows) {
			rows = append(rows, 0)
		}
		rows[row] = to + 8
		b.Y = top + lanePad + float64(row)*rowHeight + (rowHeight-barHeight)/2
		l.Bars = append(l.Bars, b)
	}
	l.Height = 2*lanePad + float64(len(rows))*rowHeight
	return l
}

func freeRow(rows []float64, from float64) int {
	for i, free := range rows {
		if free <= from {
			return i
		}
	}
	return len(rows)
}

func newBar(a axis, c history.Call, r role, decimals int) bar {
	b := bar{
		X: round(a.x(c.Start)), Height: barHeight,
		Class: outcome(c.Type), Culprit: r == culprit, Faint: r == neighbour,
		Label: shortLabel(c),
		Title: title(c, decimals),
	}
	right := pictureWidth
	if c.End != history.Never {
		right = a.x(c.End)
	}
	b.Width = round(max(minBar, right-b.X))
	b.X = min(b.X, round(pictureWidth-b.Width))
	b.putLabel(c.End == history.Never)
	return b
}

// putLabel writes inside the bar if there is room, else behind it, else before
// it. An open-ended bar fades, so it is written on where it begins, if at all.
func (b *bar) putLabel(open bool) {
	width := textWidth(b.Label)
	end := b.X + b.Width
	switch {
	case width+14 <= b.Width && (!open || width <= 2*b.Width):
		b.LabelX, b.Anchor, b.Inside = b.X+7, "start", true
	case end+6+width <= pictureWidth && !open:
		b.LabelX, b.Anchor = end+5, "start"
	default:
		b.LabelX, b.Anchor = max(b.X-5, width), "end"
	}
	if b.Culprit && b.Anchor == "end" {
		b.LabelX -= 8 // there is the marker
	}
	b.LabelX = round(b.LabelX)
}

// extent is what the bar takes of its row with its label.
func (b *bar) extent() (from, to float64) {
	from, to = b.X, b.X+b.Width
	if b.Culprit {
		from -= 12
	}
	width := textWidth(b.Label)
	switch {
	case b.Anchor == "end":
		from = min(from, b.LabelX-width)
	default:
		to = max(to, b.LabelX+width)
	}
	return from, to
}

// textWidth estimates what a label takes, on the safe side.
func textWidth(s string) float64 {
	width := 0.0
	for _, r := range s {
		width += glyph
		if r >= 0x1100 && utf8.RuneLen(r) > 2 && r != '→' && r != '…' && r != '✗' && r != '–' {
			width += glyph // most of what lies there is as wide as it is high
		}
	}
	return width
}

// title is what a bar says when it is pointed at.
func title(c history.Call, decimals int) string {
	text := fmt.Sprintf("%s, process %d on %s, from %s", label(c, 120), c.Process, tidy(c.Node, 40), moment(c.Start, decimals))
	if c.End == history.Never {
		text += ", outcome unknown: it may have taken effect at any later time, or never"
	} else {
		text += " to " + moment(c.End, decimals) + ", " + outcome(c.Type)
	}
	if c.Error != "" {
		text += ": " + tidy(c.Error, 200)
	}
	return text
}

// marks are lines through all lanes at which culprits began and ended: what was
// before what is then to be seen. More than three culprits would make a fence.
func marks(a axis, s scene) []float64 {
	var xs []float64
	culprits := 0
	for _, c := range s.calls {
		if s.role[c.Invoke] != culprit {
			continue
		}
		culprits++
		xs = append(xs, round(a.x(c.Start)))
		if c.End != history.Never {
			xs = append(xs, round(max(a.x(c.End), a.x(c.Start)+minBar)))
		}
	}
	if culprits > 3 {
		return nil
	}
	slices.Sort(xs)
	return slices.Compact(xs)
}

// bands puts the faults of the time shown behind the lanes, their names above
// in a few rows, and says where the lanes can begin.
func bands(a axis, calls []history.Call, faults []fault) ([]band, float64) {
	var found []band
	var rows []float64
	for _, f := range during(calls, faults) {
		b := newBand(a, f)
		width := textWidth(b.Label) + 8
		from := min(b.X, pictureWidth-width)
		row := freeRow(rows, from)
		if row == mostBandRows {
			b.Label, b.LabelY = "", 17
			found = append(found, b)
			continue
		}
		if row == len(rows) {
			rows = append(rows, 0)
		}
		rows[row] = from + width + 4
		b.LabelX, b.LabelY = round(max(0, from)+4), float64(row)*bandRow+17
		found = append(found, b)
	}
	return found, float64(len(rows))*bandRow + 9
}

// during are the faults that were in force while the calls went on, the last
// ones if they are too many.
func during(calls []history.Call, faults []fault) []fault {
	if len(calls) == 0 {
		return nil
	}
	times := events(calls)
	from, to := slices.Min(times), slices.Max(times)
	var found []fault
	for _, f := range faults {
		if f.Start <= to && f.End >= from {
			found = append(found, f)
		}
	}
	return found[max(0, len(found)-mostBands):]
}

func newBand(a axis, f fault) band {
	from, to := a.x(f.Start), a.x(f.End)
	if to >= a.right {
		to = pictureWidth
	}
	return band{
		X: round(from), Width: round(max(2, to-from)),
		Label: f.label(mostNaming), Doubtful: !f.Verified, Title: f.title(),
		Ends: to < pictureWidth,
	}
}
