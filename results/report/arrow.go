package report

import (
	"fmt"
	"math"
	"slices"
)

// arrow leads from a call to a later one that has to do with it. All numbers are
// pixels.
type arrow struct {
	Class      string
	Path, Head string
	// MidX and MidY are where what is wrong is crossed out.
	MidX, MidY float64
	Wrong      bool
	Title      string
}

// hold is the time for which a lock was held, between two bars of a lane.
type hold struct {
	X, Y, Width float64
	Culprit     bool
}

// Top is its upper edge: below the label that may be there.
func (h hold) Top() float64 { return h.Y + 4.5 }

// arrowKind is a kind of arrows for the legend.
type arrowKind struct{ Class, About string }

// The words for arrows, in the legend and where one is pointed at.
var arrowKinds = []arrowKind{
	{string(wasRead), "read what this wrote"},
	{string(wasMissed), "does not show what this wrote"},
	{string(again), "the same message again"},
	{string(held), "the lock is held"},
}

func (k linkKind) about() string {
	for _, a := range arrowKinds {
		if a.Class == string(k) {
			return a.About
		}
	}
	return ""
}

// arrowKindsOf are those that a picture has.
func arrowKindsOf(links []link) []arrowKind {
	var kinds []arrowKind
	for _, k := range arrowKinds {
		if slices.ContainsFunc(links, func(l link) bool { return string(l.kind) == k.Class }) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// join draws the links between bars.
func join(links []link, places map[int]bar) ([]hold, []arrow) {
	var holds []hold
	var arrows []arrow
	for _, l := range links {
		from, to := places[l.from], places[l.to]
		if l.kind == held {
			x := from.X + from.Width
			holds = append(holds, hold{X: x, Y: round(from.Y + from.Height/2), Width: round(max(0, to.X-x)), Culprit: from.Culprit})
			continue
		}
		arrows = append(arrows, newArrow(l, from, to))
	}
	return holds, arrows
}

// newArrow leaves the first bar at its end and comes down, or up, on the second one
// near its beginning: where a value went in a curve, what was missed in a line, so
// that the two can be told apart.
func newArrow(l link, from, to bar) arrow {
	a := arrow{Class: string(l.kind), Title: l.kind.about(), Wrong: l.kind == wasMissed || l.kind == again}
	if from.Y == to.Y {
		return a.straight(from, to)
	}
	down, y1, y2 := 1.0, from.Y+from.Height, to.Y
	if to.Y < from.Y {
		down, y1, y2 = -1, from.Y, to.Y+to.Height
	}
	x1, x2 := from.X+from.Width-min(4, from.Width/2), to.X+min(10, to.Width/2)
	if from.Class == "unknown" { // it has no end to leave from
		x1 = from.X + min(12, from.Width/2)
	}
	if a.Wrong {
		x2 = to.X + min(40, to.Width/2)
		a.line(x1, y1, x2, y2)
		return a
	}
	tip := y2 - down*arrowHead
	bend := max(18, math.Abs(tip-y1)/2)
	a.Path = fmt.Sprintf("M%g %gC%g %g %g %g %g %g", round(x1), round(y1), round(x1), round(y1+down*bend), round(x2), round(tip-down*bend), round(x2), round(tip))
	a.Head = triangle(x2, y2, 0, down)
	return a
}

// line leads straight from one place to another, crossed out in the middle.
func (a *arrow) line(x1, y1, x2, y2 float64) {
	length := max(1, math.Hypot(x2-x1, y2-y1))
	dx, dy := (x2-x1)/length, (y2-y1)/length
	a.Path = fmt.Sprintf("M%g %gL%g %g", round(x1), round(y1), round(x2-dx*arrowHead), round(y2-dy*arrowHead))
	a.Head = triangle(x2, y2, dx, dy)
	a.MidX, a.MidY = round((x1+x2)/2), round((y1+y2)/2)
}

// straight is for two bars of one row.
func (a arrow) straight(from, to bar) arrow {
	x1, x2, y := from.X+from.Width, to.X-to.badge(), from.Y+from.Height/2
	a.line(min(x1, x2), y, x2, y)
	return a
}

// triangle is the head of an arrow that points to a place from a direction.
func triangle(x, y, dx, dy float64) string {
	backX, backY := x-dx*arrowHead, y-dy*arrowHead
	sideX, sideY := dy*arrowHead/2, -dx*arrowHead/2
	return fmt.Sprintf("M%g %gL%g %gL%g %gZ", round(x), round(y), round(backX+sideX), round(backY+sideY), round(backX-sideX), round(backY-sideY))
}

// Cross is the sign on an arrow for what must not be.
func (a arrow) Cross() string {
	return fmt.Sprintf("M%g %gl7 7m0 -7l-7 7", a.MidX-3.5, a.MidY-3.5)
}
