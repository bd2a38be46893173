package sequence

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim/trace"
)

const (
	gutterWidth = 78.0
	headHeight  = 38.0
	rowHeight   = 25.0
	firstRow    = 18.0
	// bodyWidth is what a wide screen has for the lanes.
	bodyWidth           = 1010.0
	narrowest, broadest = 128.0, 215.0
	// fewLanes is up to how many nodes are all shown, also those with nothing to do.
	fewLanes = 7
	// tearFrom is how many events in a row must be left out to say so there.
	tearFrom = 6
)

// painter puts the events of a trace one below the other.
type painter struct {
	diagram
	in      Input
	witness map[int]bool
	clock   clock
	lanes   map[string]*place
	spacing float64
	// y is the current row. hidden are the events left out since then.
	y      float64
	hidden int
	// ticked is the last moment written.
	ticked string
	sent   map[int]*letter
	open   map[int]*span
	faults map[int]*force
	by     map[int]int
}

// place is a lane and what goes on there.
type place struct {
	lane
	number int
	// now is the row of its last event, at the moment last.
	now  float64
	last trace.Event
	// class and since are its stretch of life under way.
	class string
	since float64
}

// letter is a message under way.
type letter struct {
	event   trace.Event
	y       float64
	copies  int
	shown   bool
	culprit bool
	// told says that the operation that it belongs to is drawn, with what is asked and
	// answered.
	told bool
}

// force is a fault in force.
type force struct {
	event trace.Event
	since float64
}

func draw(in Input) diagram {
	p := newPainter(in)
	most := in.Most
	if most == 0 {
		most = DefaultMost
	}
	end := lastShown(in.Trace, p.witness)
	shown := choose(in.Trace, p.witness, most)
	p.layOut(shown)
	next := 0
	for i, e := range in.Trace.Events[:end] {
		if next < len(shown) && shown[next] == i {
			next++
			p.show(i, e)
			continue
		}
		p.hide(i, e)
	}
	p.finish(len(shown), len(in.Trace.Events), end)
	return p.diagram
}

func newPainter(in Input) *painter {
	p := &painter{
		in: in, witness: make(map[int]bool), lanes: make(map[string]*place),
		y: firstRow - rowHeight, sent: make(map[int]*letter), open: make(map[int]*span),
		faults: make(map[int]*force), by: newLinks(in.Trace).by,
	}
	for _, n := range in.Witness {
		p.witness[n] = true
	}
	return p
}

// layOut makes the lanes: clients to the left of the nodes, without those that
// have nothing to do in the picture.
func (p *painter) layOut(shown []int) {
	busy := make(map[string]bool)
	events := make([]trace.Event, len(shown))
	for i, at := range shown {
		events[i] = p.in.Trace.Events[at]
		busy[events[i].Node], busy[events[i].Peer] = true, true
	}
	p.clock = newClock(p.in.Trace.Clock, events)
	idle := func(name string) bool { return !busy[name] }
	clients := slices.DeleteFunc(slices.Clone(p.in.Trace.Clients), idle)
	nodes := slices.Clone(p.in.Trace.Nodes)
	if len(nodes) > fewLanes {
		nodes = slices.DeleteFunc(nodes, idle)
	}
	count := float64(max(1, len(clients)+len(nodes)))
	p.spacing = round(min(broadest, max(narrowest, bodyWidth/(count+0.3))))
	for _, name := range clients {
		p.addLane(name, true)
	}
	for _, name := range nodes {
		p.addLane(name, false)
	}
	p.Width, p.Gutter, p.Head = round(p.spacing*(count+0.3)), gutterWidth, headHeight
}

func (p *painter) addLane(name string, client bool) {
	n := len(p.lanes)
	l := &place{number: n, class: "up", last: trace.Event{At: -1}}
	l.lane = lane{X: round(p.spacing * (float64(n) + 0.8)), Title: printable(name, mostHint), Client: client}
	l.Name = clip(l.Title, (p.spacing-28)/bold)
	l.BoxWidth = round(max(46, bold*textWidth(l.Name)+22))
	l.BoxX = l.X - l.BoxWidth/2
	p.lanes[name] = l
	p.Lanes = append(p.Lanes, l.lane)
}

// newRow goes down one row for something at this moment.
func (p *painter) newRow(e trace.Event) {
	p.tear()
	p.y += rowHeight
	p.tick(e)
}

func (p *painter) tick(e trace.Event) {
	label := p.clock.moment(e.At)
	if label != p.ticked {
		p.Ticks = append(p.Ticks, tick{p.y, label})
		p.ticked = label
	}
}

// tear marks that events are left out.
func (p *painter) tear() {
	if p.hidden >= tearFrom {
		p.y += rowHeight
		p.Tears = append(p.Tears, tear{p.y, fmt.Sprintf("%s not shown", checkers.Count(p.hidden, "event"))})
	}
	p.hidden = 0
}

// hide lets an event that is not shown have its consequences for what is.
func (p *painter) hide(i int, e trace.Event) {
	p.hidden++
	switch e.Kind {
	case trace.Send:
		p.sent[e.Number] = &letter{event: e}
	case trace.Crash, trace.Restart, trace.Pause, trace.Resume:
		p.turn(e, p.y+rowHeight/2)
	case trace.Fault:
		p.faults[e.Number] = &force{e, p.y + rowHeight/2}
	case trace.Heal:
		p.heal(e.Number, p.y+rowHeight/2, true)
	}
}

func (p *painter) show(i int, e trace.Event) {
	what := e.String()
	culprit := e.Kind == trace.Violation || operation(e) && p.witness[e.Number]
	p.Rows = append(p.Rows, row{p.clock.moment(e.At), printable(what, mostHint), culprit})
	switch e.Kind {
	case trace.Send:
		p.send(i, e)
	case trace.Deliver, trace.Drop, trace.Duplicate:
		p.carry(e)
	case trace.Invoke:
		p.invoke(e)
	case trace.Complete:
		p.complete(e)
	case trace.Fault:
		p.newRow(e)
		p.faults[e.Number] = &force{e, p.y - rowHeight/2}
	case trace.Heal:
		p.newRow(e)
		p.heal(e.Number, p.y, true)
	case trace.Note:
		p.note(e)
	case trace.Violation:
		p.breach(e)
	default:
		p.mark(e)
	}
}

// at is the lane of an event; one that was left out has none.
func (p *painter) at(name string) (*place, bool) {
	l, ok := p.lanes[name]
	return l, ok
}

// beside stays on the row of what happened last on this lane if that was at the
// same moment: a node that sends two messages sends them from one point.
func (p *painter) beside(l *place, e trace.Event) float64 {
	if l.last.At != e.At {
		p.newRow(e)
		l.now = p.y
	}
	l.last = e
	return l.now
}

// below takes a row of its own.
func (p *painter) below(l *place, e trace.Event) float64 {
	p.newRow(e)
	l.now, l.last = p.y, e
	return p.y
}

func (p *painter) mark(e trace.Event) {
	l, ok := p.at(e.Node)
	if !ok {
		return
	}
	y := p.below(l, e)
	m := mark{At: l.X, Level: y, Class: e.Kind.String(), Title: p.hint(e)}
	label := map[trace.Kind]string{trace.Crash: "crash", trace.Restart: "restart", trace.Pause: "paused", trace.Resume: "goes on"}[e.Kind]
	if e.Text != "" && label != "" {
		label += ": "
	}
	m.text = text{clip(label+printable(e.Text, 200), (p.spacing-26)/bold), l.X + 13, y + 4, "start"}
	if l.number == len(p.lanes)-1 { // there is more room on its left
		m.X, m.Anchor = l.X-13, "end"
	}
	p.Marks = append(p.Marks, m)
	p.Has.Timer = p.Has.Timer || e.Kind == trace.Timer
	p.Has.Crash = p.Has.Crash || e.Kind == trace.Crash
	p.Has.Pause = p.Has.Pause || e.Kind == trace.Pause
	p.turn(e, y)
}

// turn begins another stretch of a node's life.
func (p *painter) turn(e trace.Event, y float64) {
	l, ok := p.at(e.Node)
	class := map[trace.Kind]string{trace.Crash: "down", trace.Restart: "up", trace.Pause: "paused", trace.Resume: "up"}[e.Kind]
	if !ok || class == "" || class == l.class || l.class == "down" && e.Kind != trace.Restart {
		return
	}
	p.Lives = append(p.Lives, life{l.X, l.since, y, l.class})
	l.class, l.since = class, y
}

func (p *painter) note(e trace.Event) {
	l, ok := p.at(e.Node)
	if !ok {
		return
	}
	y := p.below(l, e)
	lines := wrap(printable(e.Text, 300), p.spacing-22)
	n := note{Title: p.hint(e), Height: float64(len(lines))*15 + 6}
	for i, line := range lines {
		n.Width = max(n.Width, textWidth(line)+16)
		n.Lines = append(n.Lines, text{line, l.X, y + 4 + float64(i)*15, "middle"})
	}
	n.Width = round(n.Width)
	n.X, n.Y = round(l.X-n.Width/2), y-10.5
	p.y += float64(len(lines)-1) * 15
	l.now = p.y
	p.Notes = append(p.Notes, n)
	p.Has.Note = true
}

// wrap breaks a text into two lines at most.
func wrap(s string, room float64) []string {
	if textWidth(s) <= room {
		return []string{s}
	}
	last := 0
	for at, r := range s {
		if r == ' ' && textWidth(s[:at]) <= room {
			last = at
		}
	}
	if last == 0 {
		return []string{clip(s, room)}
	}
	return []string{s[:last], clip(s[last+1:], room)}
}

func (p *painter) breach(e trace.Event) {
	p.newRow(e)
	p.y += 6
	p.Breaches = append(p.Breaches, breach{p.y - 6, clip("✗ "+printable(e.Text, 400), (p.Width-30)/bold), p.hint(e)})
}

// hint is what an element says when it is pointed at.
func (p *painter) hint(e trace.Event) string {
	return p.clock.moment(e.At) + ": " + printable(e.String(), mostHint)
}

// finish ends everything that goes on at the end of the picture.
func (p *painter) finish(shown, all, end int) {
	p.tear()
	bottom := p.y + rowHeight
	for _, number := range sortedKeys(p.sent) {
		p.leave(p.sent[number])
	}
	for _, number := range sortedKeys(p.open) {
		s := p.open[number]
		s.Bottom, s.Class = bottom, "unknown"
		p.Has.Unknown = true
		p.Spans = append(p.Spans, *s)
	}
	for _, id := range sortedKeys(p.faults) {
		p.heal(id, bottom, false)
	}
	for _, l := range p.sortedLanes() {
		p.Lives = append(p.Lives, life{l.X, l.since, bottom, l.class})
	}
	p.Height = bottom + 6
	p.Has.Witness = len(p.witness) > 0
	p.Cut = cut(shown, all, end)
	p.About = fmt.Sprintf("Sequence of messages between %s: %s, the same as in the list below", checkers.Count(len(p.Lanes), "node and client"), checkers.Count(shown, "event"))
}

// cut says what is left out.
func cut(shown, all, end int) string {
	after := ""
	if end < all {
		after = fmt.Sprintf(" What comes after the violation is left out: %s.", checkers.Count(all-end, "event"))
	}
	if shown == end {
		return after
	}
	return fmt.Sprintf("%s of %s up to here are drawn: those of the marked operations and what led to them.%s",
		checkers.Number(shown), checkers.Count(end, "event"), after)
}

func (p *painter) sortedLanes() []*place {
	all := make([]*place, len(p.lanes))
	for _, l := range p.lanes {
		all[l.number] = l
	}
	return all
}
