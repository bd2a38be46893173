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
	// Holds are the times for which locks were held, Arrows what calls have to do
	// with each other.
	Holds  []hold
	Arrows []arrow
	// Kinds are the kinds of both, for the legend.
	Kinds []arrowKind
	About string
}

// frame is how large a picture is drawn.
type frame struct {
	width float64
	// names is the width of the column with the lanes' names; without one they stand
	// above their lanes.
	names float64
	// label is how many characters a label has at most.
	label int
}

var (
	wide = frame{width: 780, names: 96, label: 34}
	// slim is for a phone, where nobody should have to move the picture about.
	slim = frame{width: 356, label: 20}
)

// lane is one process.
type lane struct {
	Process   string
	Node      string
	Y, Height float64
	// Heading is how much of the height is for the name, if that stands above.
	Heading float64
	Odd     bool
	Bars    []bar
}

// bar is one call.
type bar struct {
	X, Y, Width, Height float64
	// Class is ok, failed or unknown.
	Class   string
	Culprit bool
	// Faint is a call that only happened nearby.
	Faint bool
	// Step is the number under which the text tells of it, or a transaction's name;
	// empty if it does not.
	Step   string
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
	rowHeight   = 26.0
	barHeight   = 18.0
	lanePad     = 5.0
	bandRow     = 19.0
	timesHeight = 30.0
	minBar      = 7.0
	// tail is the room at the right in which indeterminate calls fade out.
	tail = 70.0
	// badgeRoom is what the number of a step takes in front of its bar.
	badgeRoom = 22.0
	// heading is the height of a lane's name that stands above it.
	heading = 18.0
	// glyph is the width of a character, on average, of the labels.
	glyph     = 6.5
	mostBands = 400
	// mostBandRows is how high names of faults may be piled up; a fault whose name
	// has no place there is shaded without.
	mostBandRows = 5
	mostNaming   = 60
)

func draw(s scene, faults []fault, decimals int, f frame) picture {
	a := newAxis(s.calls, 0, f.width-fading(s.calls, f), f.labelRoom)
	p := picture{
		Width: f.width, Names: f.names,
		Ticks: a.ticks(), Gaps: a.gaps(),
		About: about(s),
	}
	p.Bands, p.Top = bands(a, s.calls, faults, f)
	y := p.Top
	places := map[int]bar{}
	for i, group := range byProcess(s.calls) {
		l := newLane(a, s, group, y, decimals, f)
		l.Odd = i%2 == 1
		p.Lanes = append(p.Lanes, l)
		y += l.Height
		for k, c := range group {
			places[c.Invoke] = l.Bars[k]
		}
	}
	p.Bottom = y
	p.Height = y + timesHeight
	p.Marks = marks(a, s)
	p.Holds, p.Arrows = join(s.links, places)
	p.Kinds = arrowKindsOf(s.links)
	return p
}

// labelRoom is for the label behind a call, should it not fit inside.
func (f frame) labelRoom(c history.Call) float64 { return textWidth(f.labelOf(c)) + 14 }

func (f frame) labelOf(c history.Call) string { return clip(label(c, 20), f.label) }

// fading is the room at the right in which indeterminate calls fade out.
func fading(calls []history.Call, f frame) float64 {
	if slices.ContainsFunc(calls, func(c history.Call) bool { return c.End == history.Never }) {
		return min(tail, f.width/8)
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

func newLane(a axis, s scene, calls []history.Call, top float64, decimals int, f frame) lane {
	l := lane{
		Process: "process " + strconv.Itoa(calls[0].Process),
		Node:    short(calls[0].Node, 11),
		Y:       top,
	}
	if f.names == 0 {
		l.Heading = heading
	}
	var rows []float64 // where each row is free again
	for _, c := range calls {
		b := newBar(a, s, c, decimals, f)
		from, to := b.extent()
		row := freeRow(rows, from)
		if row == len(rows) {
			rows = append(rows, 0)
		}
		rows[row] = to + 8
		b.Y = top + l.Heading + lanePad + float64(row)*rowHeight + (rowHeight-barHeight)/2
		l.Bars = append(l.Bars, b)
	}
	l.Height = l.Heading + 2*lanePad + float64(len(rows))*rowHeight
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

func newBar(a axis, s scene, c history.Call, decimals int, f frame) bar {
	r := s.role[c.Invoke]
	b := bar{
		X: round(a.x(c.Start)), Height: barHeight,
		Class: outcome(c.Type), Culprit: r == culprit, Faint: r == neighbour,
		Step: s.steps[c.Invoke], Label: f.labelOf(c),
		Title: title(c, decimals),
	}
	right := f.width
	if c.End != history.Never {
		right = a.x(c.End)
	}
	b.Width = round(max(minBar, right-b.X))
	b.X = min(b.X, round(f.width-b.Width))
	b.putLabel(c.End == history.Never, f.width)
	return b
}

// putLabel writes inside the bar if there is room, else behind it, else before
// it. An open-ended bar fades, so it is written on where it begins, if at all.
func (b *bar) putLabel(open bool, most float64) {
	width := textWidth(b.Label)
	end := b.X + b.Width
	switch {
	case width+14 <= b.Width && (!open || width <= 2*b.Width):
		b.LabelX, b.Anchor, b.Inside = b.X+7, "start", true
	case end+6+width <= most && !open:
		b.LabelX, b.Anchor = end+5, "start"
	default:
		b.LabelX, b.Anchor = max(b.X-5-b.badge(), width), "end"
	}
	b.LabelX = round(b.LabelX)
}

// badge is what the number of its step takes in front of the bar.
func (b *bar) badge() float64 {
	if b.Step == "" {
		return 0
	}
	return badgeRoom
}

// extent is what the bar takes of its row with its label.
func (b *bar) extent() (from, to float64) {
	from, to = b.X-b.badge(), b.X+b.Width
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
func bands(a axis, calls []history.Call, faults []fault, in frame) ([]band, float64) {
	var found []band
	var rows []float64
	for _, f := range during(calls, faults) {
		b := newBand(a, f, in)
		width := textWidth(b.Label) + 8
		from := max(0, min(b.X, in.width-width))
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

func newBand(a axis, f fault, in frame) band {
	from, to := a.x(f.Start), a.x(f.End)
	if to >= a.right {
		to = in.width
	}
	return band{
		X: round(from), Width: round(max(2, to-from)),
		Label: f.label(min(mostNaming, int(in.width/glyph)-2)), Doubtful: !f.Verified, Title: f.title(),
		Ends: to < in.width,
	}
}
