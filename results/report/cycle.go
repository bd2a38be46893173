package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// cycleView is a finding's cycle of operations, each of which comes before the next:
// as a loop of two columns, or for a phone as one column with an arrow back to the
// top. All numbers are pixels.
type cycleView struct {
	Width, Height float64
	Boxes         []cycleBox
	Arrows        []cycleArrow
	// Kinds are the kinds of arrows there are, for the legend.
	Kinds []cycleKind
	// Slim is the one for a phone.
	Slim  bool
	About string
}

// cycleBox is an operation.
type cycleBox struct {
	X, Y, Width, Height float64
	Name, Who, What     string
	Title               string
}

func (b cycleBox) TextX() float64 { return b.X + 12 }
func (b cycleBox) NameY() float64 { return b.Y + 19 }
func (b cycleBox) WhatY() float64 { return b.Y + 37 }

// cycleArrow is why one comes before the next.
type cycleArrow struct {
	Class      string
	Path, Head string
	Label      string
	// LabelX is the middle of the label, LabelY its base line.
	LabelX, LabelY float64
	Title          string
}

func (a cycleArrow) PillX() float64     { return round(a.LabelX - a.PillWidth()/2) }
func (a cycleArrow) PillY() float64     { return a.LabelY - 12 }
func (a cycleArrow) PillWidth() float64 { return textWidth(a.Label) + 12 }

type cycleKind struct{ Class, About string }

// cycleKinds are what arrows mean. The first word is the arrow's own.
var cycleKinds = []cycleKind{
	{"ww", "ww: the next one overwrote it"},
	{"wr", "wr: the next one read it"},
	{"rw", "rw: it missed what the next one wrote"},
	{"session", "session: it was done before in the same session"},
	{"realtime", "realtime: it was completed before the next one was invoked"},
}

const (
	cycleBoxWidth  = 326.0
	cycleBoxHeight = 48.0
	cycleRow       = 104.0
	cycleMargin    = 14.0
	// pairApart is how far the two arrows between two operations are apart.
	pairApart  = 26.0
	mostWhat   = 43 // what fits into a box
	arrowHead  = 9.0
	mostBoxes  = 12
	cycleWidth = 780.0

	// The boxes of a column leave room at their right for the arrow back.
	columnBoxWidth = 292.0
	columnWidth    = 356.0
	columnRow      = 92.0
	columnWhat     = 39
	backRoom       = 30.0
)

// drawCycle lays out a cycle, for a wide screen and for a phone, or is nil if there is
// none that can be drawn: one of the operations is not there, or they are too many.
func drawCycle(calls []history.Call, cycle []checkers.Dependency, decimals int) []cycleView {
	if len(cycle) < 2 || len(cycle) > mostBoxes {
		return nil
	}
	var froms []int
	for i, d := range cycle {
		if d.To != cycle[(i+1)%len(cycle)].From {
			return nil
		}
		froms = append(froms, d.From)
	}
	found := lookUp(calls, froms)
	if len(found) != len(cycle) {
		return nil
	}
	return []cycleView{looped(found, cycle, decimals), stacked(found, cycle, decimals)}
}

// looped has two columns.
func looped(found []history.Call, cycle []checkers.Dependency, decimals int) cycleView {
	left := len(cycle) / 2
	right := len(cycle) - left
	v := cycleView{Width: cycleWidth, Height: 2*cycleMargin + float64(right-1)*cycleRow + cycleBoxHeight, About: cycleAbout(cycle), Kinds: kindsOf(cycle)}
	if right == 1 {
		v.Height += 12 // for the labels of the two arrows
	}
	for i, c := range found {
		v.Boxes = append(v.Boxes, newCycleBox(i, left, right, v.Height, c, decimals))
	}
	for i, d := range cycle {
		v.Arrows = append(v.Arrows, newCycleArrow(v.Boxes, i, d))
	}
	return v
}

// stacked has its boxes one below the other.
func stacked(found []history.Call, cycle []checkers.Dependency, decimals int) cycleView {
	last := len(cycle) - 1
	v := cycleView{Slim: true, Width: columnWidth, Height: 16 + float64(last)*columnRow + cycleBoxHeight, About: cycleAbout(cycle), Kinds: kindsOf(cycle)}
	for i, c := range found {
		b := cycleBox{X: 8, Y: 8 + float64(i)*columnRow, Width: columnBoxWidth, Height: cycleBoxHeight}
		b.write(i, c, columnWhat, decimals)
		v.Boxes = append(v.Boxes, b)
	}
	for i, d := range cycle[:last] {
		v.Arrows = append(v.Arrows, newCycleArrow(v.Boxes, i, d))
	}
	v.Arrows = append(v.Arrows, back(v.Boxes[last], v.Boxes[0], cycle[last]))
	return v
}

// back leads from the last box around the others to the first one.
func back(from, to cycleBox, d checkers.Dependency) cycleArrow {
	x, y1, y2 := from.X+from.Width, from.Y+from.Height/2, to.Y+to.Height/2
	a := cycleArrow{Class: kindOf(d), Label: kindOf(d), Title: tidy(d.Why, 400)}
	a.Path = fmt.Sprintf("M%g %gC%g %g %g %g %g %gL%g %gC%g %g %g %g %g %g", round(x), round(y1), round(x+backRoom), round(y1), round(x+backRoom), round(y1), round(x+backRoom), round(y1-20),
		round(x+backRoom), round(y2+20), round(x+backRoom), round(y2), round(x+backRoom), round(y2), round(x+arrowHead), round(y2))
	a.Head = triangle(x, y2, -1, 0)
	a.LabelX, a.LabelY = round(min(x+backRoom, columnWidth-4-a.PillWidth()/2)), round((y1+y2)/2+4)
	return a
}

// kindOf is the kind of an edge, fit to be shown.
func kindOf(d checkers.Dependency) string { return short(d.Kind, 12) }

func kindsOf(cycle []checkers.Dependency) []cycleKind {
	var kinds []cycleKind
	for _, k := range cycleKinds {
		if slices.ContainsFunc(cycle, func(d checkers.Dependency) bool { return d.Kind == k.Class }) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

func cycleAbout(cycle []checkers.Dependency) string {
	words := make([]string, len(cycle))
	for i, d := range cycle {
		words[i] = fmt.Sprintf("T%d before T%d (%s)", i+1, (i+1)%len(cycle)+1, kindOf(d))
	}
	return "A cycle: " + strings.Join(words, ", ")
}

// newCycleBox puts the first operation at the top left, the next ones down the right
// column, and the others up the left one.
func newCycleBox(i, left, right int, height float64, c history.Call, decimals int) cycleBox {
	x, row, rows := cycleWidth-cycleMargin-cycleBoxWidth, i-1, right
	if i == 0 || i > right {
		x, row, rows = cycleMargin, 0, left
		if i > 0 {
			row = left - (i - right)
		}
	}
	gap := cycleRow
	if rows > 1 {
		gap = (height - 2*cycleMargin - cycleBoxHeight) / float64(rows-1)
	}
	top := (height - cycleBoxHeight - float64(rows-1)*gap) / 2
	b := cycleBox{X: x, Y: round(top + float64(row)*gap), Width: cycleBoxWidth, Height: cycleBoxHeight}
	b.write(i, c, mostWhat, decimals)
	return b
}

func (b *cycleBox) write(i int, c history.Call, most, decimals int) {
	b.Name, b.Who = "T"+strconv.Itoa(i+1), who(c)
	b.What, b.Title = clip(label(c, mostWhat), most), title(c, decimals)
}

// newCycleArrow draws from a box to the next one.
func newCycleArrow(boxes []cycleBox, i int, d checkers.Dependency) cycleArrow {
	from, to := boxes[i], boxes[(i+1)%len(boxes)]
	shift := 0.0
	if len(boxes) == 2 && from.X != to.X { // one arrow there, one back
		shift = pairApart / 2
		if i == 0 {
			shift = -shift
		}
	}
	x1, y1, x2, y2 := between(from, to)
	y1, y2 = y1+shift, y2+shift
	angle := math.Atan2(y2-y1, x2-x1)
	a := cycleArrow{Class: kindOf(d), Label: kindOf(d), Title: tidy(d.Why, 400)}
	backX, backY := x2-arrowHead*math.Cos(angle), y2-arrowHead*math.Sin(angle)
	a.Path = fmt.Sprintf("M%g %gL%g %g", round(x1), round(y1), round(backX), round(backY))
	sideX, sideY := arrowHead/2*math.Sin(angle), -arrowHead/2*math.Cos(angle)
	a.Head = fmt.Sprintf("M%g %gL%g %gL%g %gZ", round(x2), round(y2), round(backX+sideX), round(backY+sideY), round(backX-sideX), round(backY-sideY))
	a.LabelX, a.LabelY = round((x1+x2)/2), round((y1+y2)/2+4)
	return a
}

// between is a line from the edge of a box to that of another one: across between the
// columns, down or up within one.
func between(from, to cycleBox) (x1, y1, x2, y2 float64) {
	middle := func(b cycleBox) float64 { return b.Y + b.Height/2 }
	switch {
	case from.X < to.X:
		return from.X + from.Width, middle(from), to.X, middle(to)
	case from.X > to.X:
		return from.X, middle(from), to.X + to.Width, middle(to)
	case from.Y < to.Y:
		return from.X + from.Width/2, from.Y + from.Height, to.X + to.Width/2, to.Y
	}
	return from.X + from.Width/2, from.Y, to.X + to.Width/2, to.Y + to.Height
}
