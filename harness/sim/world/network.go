package world

import (
	"context"
	"maps"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/trace"
)

// Weather is how the network and the disks are when nobody breaks them. Zero
// fields mean the default, which is a quiet local network.
type Weather struct {
	// Fastest and Slowest are how long a message between nodes takes; 100 µs and
	// 1 ms.
	Fastest time.Duration `json:"fastest_ns,omitempty"`
	Slowest time.Duration `json:"slowest_ns,omitempty"`
	// FastestSync and SlowestSync are how long a sync takes; 100 µs and 2 ms.
	FastestSync time.Duration `json:"fastest_sync_ns,omitempty"`
	SlowestSync time.Duration `json:"slowest_sync_ns,omitempty"`
	// Loss, Repeat and Late are the probabilities that a message is lost, arrives
	// twice, or takes up to Latest, which is 400 ms.
	Loss   float64       `json:"loss,omitempty"`
	Repeat float64       `json:"repeat,omitempty"`
	Late   float64       `json:"late,omitempty"`
	Latest time.Duration `json:"latest_ns,omitempty"`
}

func (w Weather) withDefaults() Weather {
	orElse(&w.Fastest, 100*time.Microsecond)
	orElse(&w.Slowest, max(w.Fastest, time.Millisecond))
	orElse(&w.FastestSync, 100*time.Microsecond)
	orElse(&w.SlowestSync, max(w.FastestSync, 2*time.Millisecond))
	orElse(&w.Latest, 400*time.Millisecond)
	return w
}

func orElse(field *time.Duration, value time.Duration) {
	if *field == 0 {
		*field = value
	}
}

// Message names one message between nodes: the Number-th on its link, from 1.
type Message struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Number uint64 `json:"number"`
}

// Fate is what becomes of a message beyond arriving once in its time.
type Fate struct {
	Lost   bool `json:"lost,omitempty"`
	Repeat bool `json:"repeat,omitempty"`
	// Late is how long it takes, or the second of two; 0 is the usual time.
	Late time.Duration `json:"late_ns,omitempty"`
}

// Strange is a message with its fate.
type Strange struct {
	Message
	Fate
}

// Strange are the messages that the weather treated in a strange way, in the
// order in which they were sent.
func (w *World) Strange() []Strange { return w.strange }

// link is the way from one node to another.
type link struct {
	from, to *Node
	name     cluster.Link
	seed     uint64
	sent     uint64
	// cut and shape are what the rules say of it.
	cut     bool
	corrupt float64
	shape   cluster.Shape
	shaped  bool
	// free is when the last message will have passed a narrow link.
	free time.Duration
}

// connect makes the ways between all nodes, and from each to itself.
func (w *World) connect() {
	for _, from := range w.nodes {
		var row []*link
		for _, to := range w.nodes {
			seed := scramble(uint64(w.config.Seed)) ^ scramble(uint64(from.index)<<16|uint64(to.index))
			row = append(row, &link{from: from, to: to, name: cluster.Link{From: from.name, To: to.name}, seed: seed})
			if from != to {
				from.peers = append(from.peers, to.id)
			}
		}
		w.links = append(w.links, row)
	}
}

// SetRules implements cluster.Network.
func (w *World) SetRules(_ context.Context, r cluster.Rules) error {
	w.rules = r.Clone()
	clear(w.corrupted)
	for _, row := range w.links {
		for _, l := range row {
			l.cut, l.corrupt = r.Cuts(l.name), r.Corrupt[l.name]
			l.shape, l.shaped = r.Shape[l.name]
			if l.corrupt > 0 {
				w.corrupted[l.name] = 0
			}
		}
	}
	return nil
}

// flight is a copy of a message on its way.
type flight struct {
	link *link
	life int
	// number is that of the message among all, place that on its link.
	number  int
	place   uint64
	message any
}

// transmit sends a message on its way, which decides at once what becomes of it,
// but for links that are cut when it arrives.
func (w *World) transmit(from *Node, to actor.ID, message any) {
	receiver, known := w.byName[string(to)]
	if !known {
		from.printf("message to %q dropped: no such node", to)
		return
	}
	l := w.links[from.index][receiver.index]
	l.sent++
	w.messages++
	number := w.messages
	if w.traced() {
		w.noteSent(l, number, message)
	}
	d := dice{l.seed + l.sent*0xd1342543de82ef95}
	delay := d.between(w.config.Weather.Fastest, w.config.Weather.Slowest)
	fate := w.fate(l)
	if fate.Lost || l.shaped && (d.with(l.shape.Loss) || d.with(l.shape.Noise)) {
		w.dropped(from.name, receiver.name, number, "loss")
		return
	}
	if l.shaped && l.shape.Rate > 0 {
		wait, room := l.queue(message)
		if !room {
			w.dropped(from.name, receiver.name, number, "full queue")
			return
		}
		delay += wait
	}
	if fate.Repeat || l.shaped && d.with(l.shape.Duplicate) {
		w.note(trace.Event{Kind: trace.Duplicate, Node: from.name, Peer: receiver.name, Number: number})
		again := max(fate.Late, d.between(w.config.Weather.Fastest, w.config.Weather.Slowest))
		w.depart(l, number, from.process.copy(message), again+l.extra(&d))
	} else if fate.Late > 0 {
		delay = fate.Late
	}
	w.depart(l, number, message, delay+l.extra(&d))
}

func (w *World) depart(l *link, number int, message any, delay time.Duration) {
	w.time.After(delay, &flight{link: l, life: l.to.life, number: number, place: l.sent, message: message})
}

// fate is what the weather makes of a message, or what was decided about it.
// It has dice of its own, so that a fate that is given is like one that was drawn.
func (w *World) fate(l *link) Fate {
	id := Message{l.name.From, l.name.To, l.sent}
	if w.config.Fated {
		return w.config.Fates[id]
	}
	weather := &w.config.Weather
	if weather.Loss+weather.Repeat+weather.Late == 0 || l.from == l.to {
		return Fate{}
	}
	d := dice{^(l.seed + l.sent*0xd1342543de82ef95)}
	f := Fate{Lost: d.with(weather.Loss), Repeat: d.with(weather.Repeat)}
	if d.with(weather.Late) {
		f.Late = d.between(weather.Slowest, weather.Latest)
	}
	if f != (Fate{}) {
		w.strange = append(w.strange, Strange{id, f})
	}
	return f
}

// Act implements virtual.Action: the message arrives, or would.
func (f *flight) Act() {
	l := f.link
	n := l.to
	w := n.w
	switch {
	case l.cut:
		w.dropped(l.from.name, n.name, f.number, "partition")
		return
	case n.process == nil || n.life != f.life:
		w.dropped(l.from.name, n.name, f.number, "crash")
		return
	}
	from := l.from
	if l.corrupt > 0 || l.shaped && l.shape.Tamper != (cluster.Replacement{}) {
		var sound bool
		if from, f.message, sound = w.damage(l, f.place, f.message); !sound {
			w.dropped(l.from.name, n.name, f.number, "damaged")
			return
		}
	}
	n.take(input{from: from, message: f.message, number: f.number})
}

func (w *World) dropped(from, to string, number int, why string) {
	w.happened(9, uint64(number), uint64(len(why)))
	w.note(trace.Event{Kind: trace.Drop, Node: from, Peer: to, Number: number, Text: why})
}

func (w *World) noteSent(l *link, number int, message any) {
	text := l.from.process.describe(message)
	w.note(trace.Event{Kind: trace.Send, Node: l.from.name, Peer: l.to.name, Number: number, Text: text})
}

// Reach implements cluster.Network.
func (w *World) Reach(context.Context) (map[cluster.Link]bool, error) {
	reach := map[cluster.Link]bool{}
	for _, to := range w.nodes {
		if to.process == nil {
			continue
		}
		reach[cluster.Link{From: cluster.Clients, To: to.name}] = !w.cutOff(to)
		for _, from := range w.nodes {
			if from != to && from.process != nil {
				reach[cluster.Link{From: from.name, To: to.name}] = !w.links[from.index][to.index].cut
			}
		}
	}
	return reach, nil
}

// Corrupted implements cluster.Noise.
func (w *World) Corrupted(context.Context) (map[cluster.Link]uint64, error) {
	counts := maps.Clone(w.corrupted)
	maps.DeleteFunc(counts, func(l cluster.Link, _ uint64) bool { return w.byName[l.To].process == nil })
	return counts, nil
}

// Knock implements cluster.Doors.
func (w *World) Knock(_ context.Context, links []cluster.Link) (map[cluster.Link]cluster.Answer, error) {
	answers := map[cluster.Link]cluster.Answer{}
	for _, l := range links {
		if w.running(l) {
			answers[l] = w.knock(l)
		}
	}
	return answers, nil
}

func (w *World) knock(l cluster.Link) cluster.Answer {
	back := cluster.Link{From: l.To, To: l.From}
	switch {
	case w.rules.Drop[l], w.rules.Drop[back]:
		return cluster.Silence
	case w.rules.Reject[l]:
		return cluster.Refused
	case w.rules.Reject[back]:
		return cluster.Silence
	}
	return cluster.Accepted
}
