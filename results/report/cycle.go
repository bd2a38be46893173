package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// cycleView is a finding's cycle of operations, each of which comes before the next,
// as a loop of two columns. All numbers are pixels.
type cycleView struct {
	Width, Height float64
	Boxes         []cycleBox
	Arrows        []cycleArrow
	// Kinds are the kinds of arrows there are, for the legend.
	Kinds []cycleKind
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
	cycleBoxWidth  = 350.0
	cycleBoxHeight = 48.0
	cycleRow       = 104.0
	cycleMargin    = 14.0
	// pairApart is how far the two arrows between two operations are apart.
	pairApart  = 26.0
	mostWhat   = 46 // what fits into a box
	arrowHead  = 9.0
	mostBoxes  = 12
	cycleWidth = 900.0
)

// drawCycle lays out a cycle, or is nil if there is none that can be drawn: one of
// the operations is not there, or they are too many.
func drawCycle(calls []history.Call, cycle []checkers.Dependency, decimals int) *cycleView {
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
	left := len(cycle) / 2
	right := len(cycle) - left
	v := &cycleView{Width: cycleWidth, Height: 2*cycleMargin + float64(right-1)*cycleRow + cycleBoxHeight, About: cycleAbout(cycle)}
	if right == 1 {
		v.Height += 12 // for the labels of the two arrows
	}
	for i, c := range found {
		v.Boxes = append(v.Boxes, newCycleBox(i, left, right, v.Height, c, decimals))
	}
	for i, d := range cycle {
		v.Arrows = append(v.Arrows, newCycleArrow(v.Boxes, i, d))
	}
	for _, k := range cycleKinds {
		if slices.ContainsFunc(cycle, func(d checkers.Dependency) bool { return d.Kind == k.Class }) {
			v.Kinds = append(v.Kinds, k)
		}
	}
	return v
}

func cycleAbout(cycle []checkers.Dependency) string {
	words := make([]string, len(cycle))
	for i, d := range cycle {
		words[i] = fmt.Sprintf("T%d before T%d (%s)", i+1, (i+1)%len(cycle)+1, d.Kind)
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
	b.Name = "T" + strconv.Itoa(i+1)
	b.Who = "process " + strconv.Itoa(c.Process)
	if c.Node != "" {
		b.Who += " on " + short(c.Node, 20)
	}
	b.What, b.Title = clip(microOperations(c), mostWhat), title(c, decimals)
	return b
}

// microOperations is a transaction without its quotes, or any other call.
func microOperations(c history.Call) string {
	v := c.In
	if c.Type == history.OK {
		v = c.Out
	}
	items, _ := v.Items()
	if c.F != transaction.F || len(items) == 0 {
		return label(c, mostWhat)
	}
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = strings.ReplaceAll(item.String(), `"`, "")
	}
	return tidy(strings.Join(words, " "), 4*mostWhat)
}

// newCycleArrow draws from a box to the next one.
func newCycleArrow(boxes []cycleBox, i int, d checkers.Dependency) cycleArrow {
	from, to := boxes[i], boxes[(i+1)%len(boxes)]
	shift := 0.0
	if len(boxes) == 2 { // one arrow there, one back
		shift = pairApart / 2
		if i == 0 {
			shift = -shift
		}
	}
	x1, y1, x2, y2 := between(from, to)
	y1, y2 = y1+shift, y2+shift
	angle := math.Atan2(y2-y1, x2-x1)
	a := cycleArrow{Class: d.Kind, Label: d.Kind, Title: tidy(d.Why, 400)}
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
