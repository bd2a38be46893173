package sequence

import (
	"fmt"
	"math"
)

// diagram is everything that the template shows. All numbers are pixels; what is
// in the body is measured from its top left corner.
type diagram struct {
	Width, Height float64
	// Gutter is the width of the column with the times, Head the height of the row
	// with the names: both stand still while the body is moved.
	Gutter, Head float64
	Lanes        []lane
	Bands        []band
	Lives        []life
	Tears        []tear
	Ticks        []tick
	Arrows       []arrow
	Spans        []span
	Marks        []mark
	Notes        []note
	Breaches     []breach
	Rows         []row
	// Cut says what is not drawn, empty if all is.
	Cut   string
	About string
	Has   legend
}

// legend is what there is to explain.
type legend struct{ Lost, Fault, Timer, Crash, Pause, Note, Witness, Unknown, Failed, Again, Away bool }

// lane is a node or a client.
type lane struct {
	X, BoxX, BoxWidth float64
	Name, Title       string
	Client            bool
}

// life is a stretch of a lane: up, down or paused.
type life struct {
	X, Top, Bottom float64
	Class          string
}

func (l life) Left() float64   { return l.X - 6 }
func (l life) Height() float64 { return round(max(0, l.Bottom-l.Top)) }

// band is a fault on some lanes next to each other.
type band struct {
	X, Width, Top, Bottom float64
	// Label is on the first of a fault's bands only. It begins at LabelX.
	Label, Title string
	LabelX       float64
	// Ends says that the fault was healed before the end of the picture.
	Ends bool
}

func (b band) Height() float64 { return round(b.Bottom - b.Top) }
func (b band) Right() float64  { return b.X + b.Width }
func (b band) LabelY() float64 { return b.Top + 16 }

// tear is where events are left out.
type tear struct {
	Y     float64
	Label string
}

type tick struct {
	Y     float64
	Label string
}

// arrow is a message, or one copy of it.
type arrow struct {
	X1, Y1, X2, Y2 float64
	// Class is sent, lost, again or away.
	Class string
	// Asks says that one of its ends is a client, Culprit that it belongs to an
	// operation of the witness.
	Asks, Culprit bool
	text
	Title string
}

// text is a label where it belongs.
type text struct {
	Label  string
	X, Y   float64
	Anchor string
}

const arrowHead = 9.0

// direction is a unit vector along the arrow.
func (a arrow) direction() (x, y float64) {
	length := math.Hypot(a.X2-a.X1, a.Y2-a.Y1)
	if length == 0 {
		return 1, 0
	}
	return (a.X2 - a.X1) / length, (a.Y2 - a.Y1) / length
}

// Shaft is the line; the way of a message to its own sender goes around.
func (a arrow) Shaft() string {
	if a.X1 == a.X2 {
		return fmt.Sprintf("M%g %gC%g %g %g %g %g %g", a.X1, a.Y1, a.X1+46, a.Y1, a.X2+46, a.Y2, a.X2+arrowHead, a.Y2)
	}
	x, y := a.direction()
	back := 0.0
	if a.Headed() {
		back = arrowHead - 1
	}
	return fmt.Sprintf("M%g %gL%g %g", a.X1, a.Y1, round(a.X2-back*x), round(a.Y2-back*y))
}

// Headed says whether the message has arrived.
func (a arrow) Headed() bool { return a.Class == "sent" || a.Class == "again" }

// Head is the arrow's point.
func (a arrow) Head() string {
	x, y := a.direction()
	if a.X1 == a.X2 {
		x, y = -1, 0
	}
	backX, backY := a.X2-arrowHead*x, a.Y2-arrowHead*y
	const half = arrowHead * 0.42
	return fmt.Sprintf("M%g %gL%g %gL%g %gZ", a.X2, a.Y2, round(backX-half*y), round(backY+half*x), round(backX+half*y), round(backY-half*x))
}

// Cross is where a lost message ends.
func (a arrow) Cross() string {
	const r = 5.0
	return fmt.Sprintf("M%g %gL%g %gM%g %gL%g %g", a.X2-r, a.Y2-r, a.X2+r, a.Y2+r, a.X2-r, a.Y2+r, a.X2+r, a.Y2-r)
}

// span is an operation of a client.
type span struct {
	LaneX, Top, Bottom float64
	// Class is ok, failed or unknown.
	Class   string
	Culprit bool
	Asked   text
	Told    text
	Title   string
}

func (s span) X() float64      { return s.LaneX - s.Width()/2 }
func (s span) Width() float64  { return 12 }
func (s span) Height() float64 { return round(max(8, s.Bottom-s.Top)) }

// mark is something that happened on a lane.
type mark struct {
	At, Level float64
	// Class is timer, crash, restart, pause or resume.
	Class string
	text
	Title string
}

// Hands are those of a timer's clock.
func (m mark) Hands() string {
	return fmt.Sprintf("M%g %gV%gH%g", m.At, m.Level-4.5, m.Level, m.At+3.5)
}

// Cross is where a process ends.
func (m mark) Cross() string {
	const r = 7.0
	return fmt.Sprintf("M%g %gL%g %gM%g %gL%g %g", m.At-r, m.Level-r, m.At+r, m.Level+r, m.At-r, m.Level+r, m.At+r, m.Level-r)
}

// note is what a node told about its state.
type note struct {
	X, Y, Width, Height float64
	Lines               []text
	Title               string
}

// breach is a promise that is broken.
type breach struct {
	Y     float64
	Label string
	Title string
}

func (b breach) LabelY() float64 { return b.Y + 17 }

// row is an event in words.
type row struct {
	When, What string
	Culprit    bool
}

func round(x float64) float64 { return math.Round(x*10) / 10 }
