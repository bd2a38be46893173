package sequence

import (
	"cmp"
	"maps"
	"slices"

	"github.com/assaykit/assay/harness/sim/trace"
)

// send begins an arrow, which is drawn once its end is known.
func (p *painter) send(i int, e trace.Event) {
	from, ok := p.at(e.Node)
	if !ok {
		return
	}
	n, asks := p.by[i]
	l := &letter{event: e, y: p.beside(from, e), shown: true, culprit: asks && p.witness[n]}
	_, l.told = p.open[n]
	l.told = l.told && asks
	p.sent[e.Number] = l
}

// carry draws what becomes of a copy of a message.
func (p *painter) carry(e trace.Event) {
	l, ok := p.sent[e.Number]
	if !ok || !l.shown {
		l = &letter{event: e, y: p.y, shown: true} // its beginning is not in the trace
		p.sent[e.Number] = l
	}
	from, ok1 := p.at(e.Node)
	to, ok2 := p.at(e.Peer)
	if !ok1 || !ok2 || e.Kind == trace.Duplicate {
		return
	}
	l.copies++
	a := arrow{X1: from.X, Y1: l.y, Title: p.hint(e), Asks: from.Client || to.Client, Culprit: l.culprit}
	if l.event.Text != "" {
		a.Title += " " + printable(l.event.Text, mostHint)
	}
	if e.Kind == trace.Drop {
		p.lose(a, l, e, to)
		return
	}
	a.X2, a.Y2, a.Class = to.X, p.below(to, e), "sent"
	label := message(l.event.Text)
	if l.told { // beside the operation itself
		label = ""
	}
	if l.copies > 1 {
		a.Class, label = "again", "again: "+label
		p.Has.Again = true
	}
	a.text = beforeEnd(a, label, p.spacing)
	p.Arrows = append(p.Arrows, a)
}

// beforeEnd puts a label below the end of an arrow, on the side from which it
// comes.
func beforeEnd(a arrow, label string, spacing float64) text {
	room := max(spacing, abs(a.X2-a.X1)) - 22
	if a.X1 < a.X2 {
		return text{clip(label, room), a.X2 - 11, a.Y2 + 13, "end"}
	}
	return text{clip(label, room), a.X2 + 11, a.Y2 + 13, "start"}
}

// lose ends an arrow on the way.
func (p *painter) lose(a arrow, l *letter, e trace.Event, to *place) {
	const far = 0.6
	p.newRow(e)
	a.X2, a.Y2, a.Class = round(a.X1+far*(to.X-a.X1)), p.y, "lost"
	label := "lost"
	if e.Text != "" {
		label = printable(e.Text, 100)
	}
	if kind := kindOf(l.event.Text); kind != "" {
		label += ": " + kind
	}
	label = clip(label, min(p.spacing-16, p.Width-a.X2-14))
	if a.X1 <= a.X2 {
		a.text = text{label, a.X2 + 10, a.Y2 + 4, "start"}
	} else {
		a.text = text{label, a.X2 - 10, a.Y2 + 4, "end"}
	}
	p.Has.Lost = true
	p.Arrows = append(p.Arrows, a)
}

// leave draws a message that is still under way when the picture ends.
func (p *painter) leave(l *letter) {
	from, ok1 := p.at(l.event.Node)
	to, ok2 := p.at(l.event.Peer)
	if !l.shown || l.copies > 0 || !ok1 || !ok2 {
		return
	}
	const far = 0.45
	a := arrow{
		X1: from.X, Y1: l.y, X2: round(from.X + far*(to.X-from.X)), Y2: l.y + rowHeight*0.8, Class: "away",
		Asks: from.Client || to.Client, Culprit: l.culprit, Title: p.hint(l.event) + ", still under way",
	}
	a.text = beforeEnd(a, message(l.event.Text), p.spacing)
	p.Has.Away = true
	p.Arrows = append(p.Arrows, a)
}

// invoke begins an operation.
func (p *painter) invoke(e trace.Event) {
	l, ok := p.at(e.Node)
	if !ok {
		return
	}
	y := p.below(l, e)
	s := &span{LaneX: l.X, Top: y, Culprit: p.witness[e.Number], Title: p.hint(e)}
	s.Asked = text{clip(printable(e.Text, 200), (p.spacing*0.8-16)/bold), l.X - 12, y + 4, "end"}
	p.open[e.Number] = s
}

// complete ends it.
func (p *painter) complete(e trace.Event) {
	l, ok := p.at(e.Node)
	s, begun := p.open[e.Number]
	if !ok || !begun {
		return
	}
	delete(p.open, e.Number)
	// An operation that began at this very moment has its label on this row.
	y := p.beside(l, e)
	if y == s.Top {
		y = p.below(l, e)
	}
	s.Bottom, s.Class = y, outcomeClass(e.Outcome)
	s.Told = text{clip(told(e), (p.spacing*0.8-16)/bold), l.X - 12, y + 4, "end"}
	s.Title += " — " + p.hint(e)
	p.Has.Unknown = p.Has.Unknown || s.Class == "unknown"
	p.Has.Failed = p.Has.Failed || s.Class == "failed"
	p.Spans = append(p.Spans, *s)
}

func outcomeClass(o trace.Outcome) string {
	return map[trace.Outcome]string{trace.OK: "ok", trace.Fail: "failed"}[o] + map[bool]string{true: "unknown"}[o == trace.Info || o == 0]
}

// told is what a client was told, with a sign for the outcome.
func told(e trace.Event) string {
	words := printable(e.Text, 200)
	switch e.Outcome {
	case trace.OK:
		return cmp.Or(prefixed("→ ", words), "✓ ok")
	case trace.Fail:
		return "✗ " + cmp.Or(words, "failed")
	default:
		return "? " + cmp.Or(words, "unknown")
	}
}

func prefixed(sign, words string) string {
	if words == "" {
		return ""
	}
	return sign + words
}

// heal draws the bands of a fault that was in force until y.
func (p *painter) heal(id int, y float64, ends bool) {
	f, ok := p.faults[id]
	if !ok || y <= f.since {
		return
	}
	delete(p.faults, id)
	label := printable(f.event.Text, 200)
	title := p.hint(f.event)
	for _, run := range p.stretches(f.event.Nodes) {
		b := band{
			X: round(run[0].X - p.spacing/2), Top: f.since, Bottom: y,
			Label: label, Title: title, Ends: ends,
		}
		b.Width = round(run[len(run)-1].X + p.spacing/2 - b.X)
		b.Label = clip(label, (p.Width-12)/bold)
		b.LabelX = round(min(b.X+7, p.Width-bold*textWidth(b.Label)-5))
		label = ""
		p.Bands = append(p.Bands, b)
	}
	p.Has.Fault = true
}

// stretches are the lanes of a fault, those next to each other together.
func (p *painter) stretches(nodes []string) [][]*place {
	var all [][]*place
	before := -2
	for _, l := range p.sortedLanes() {
		struck := len(nodes) == 0 && !l.Client || slices.ContainsFunc(nodes, func(n string) bool { return p.lanes[n] == l })
		switch {
		case !struck:
			continue
		case before == l.number-1:
			all[len(all)-1] = append(all[len(all)-1], l)
		default:
			all = append(all, []*place{l})
		}
		before = l.number
	}
	return all
}

func sortedKeys[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }

func abs(x float64) float64 { return max(x, -x) }
