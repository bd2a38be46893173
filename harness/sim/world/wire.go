package world

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// places are where a message is corrupted, as in nemesis/agent/packet: the
// furthest first, each that it is long enough for has a chance of one half. They
// count from the beginning of what TCP carries, where a frame's length comes
// first.
var places = []int{1002, 482, 242, 152, 92, 66, 42, 18}

// frame is how long the length of a frame is, shortest what a frame has at least
// that is corrupted.
const (
	frame    = 4
	shortest = 68
)

// damage is what rules that change bytes make of a message. A receiver that
// checks sums notices, and drops it with the connection. Which messages are hit is
// a matter of their places on their link alone, so that a run in which other links
// are quieter has the same ones.
func (w *World) damage(l *link, place uint64, message any) (from *Node, _ any, sound bool) {
	d := dice{l.seed ^ scramble(place+0x64616d616765)}
	payload, err := l.to.process.encode(l.from.id, message)
	if err != nil {
		return nil, nil, false
	}
	changed := l.tamper(payload)
	if d.with(l.corrupt) && corrupt(payload, &d) {
		w.corrupted[l.name]++
		changed = true
	}
	if !changed {
		return l.from, message, true
	}
	if !w.config.Program.habits().NoChecksum {
		return nil, nil, false
	}
	id, message, err := l.to.process.decode(payload)
	if err != nil {
		return nil, nil, false
	}
	from, known := w.byName[string(id)]
	return from, message, known
}

func (l *link) tamper(payload []byte) (changed bool) {
	t := l.shape.Tamper
	if t.Old == "" || !bytes.Contains(payload, []byte(t.Old)) {
		return false
	}
	copy(payload, bytes.ReplaceAll(payload, []byte(t.Old), []byte(t.New)))
	return true
}

// corrupt flips the lowest bit of one byte: a digit becomes another digit.
func corrupt(payload []byte, d *dice) bool {
	if len(payload)+frame < shortest {
		return false
	}
	for i, place := range places {
		at := place - frame
		last := i == len(places)-1
		if at < len(payload) && (last || d.with(0.5)) {
			payload[at] ^= 1
			return true
		}
	}
	return false
}

// extra is how much longer a message takes by the rules.
func (l *link) extra(d *dice) time.Duration {
	if !l.shaped {
		return 0
	}
	s := l.shape
	late := d.between(s.Delay-s.Jitter, s.Delay+s.Jitter)
	if d.with(s.Reorder) {
		late += s.Behind
	}
	return late
}

// overhead is what a packet has beside its payload, in bytes.
const overhead = 52

// queue is how long a message waits for a narrow link and takes to pass it, if
// there is room for it.
func (l *link) queue(message any) (wait time.Duration, room bool) {
	payload, err := l.from.process.encode(l.from.id, message)
	if err != nil {
		return 0, true
	}
	now := l.from.w.time.Elapsed()
	l.free = max(l.free, now)
	waiting := int64((l.free - now).Seconds() * float64(l.shape.Rate))
	if l.shape.Queue > 0 && waiting > l.shape.Queue {
		return 0, false
	}
	size := float64(len(payload) + frame + overhead)
	l.free += time.Duration(size / float64(l.shape.Rate) * float64(time.Second))
	return l.free - now, true
}

// volley is how many probes Measure sends over each link.
const volley = 50

// Measure implements cluster.Gauge. Probes suffer what messages do, but are seen
// to suffer it at once.
func (w *World) Measure(_ context.Context, links []cluster.Link, text string) (map[cluster.Link]cluster.Measurement, error) {
	found := map[cluster.Link]cluster.Measurement{}
	for _, name := range links {
		if w.running(name) {
			found[name] = w.measure(w.links[w.byName[name.From].index][w.byName[name.To].index], text)
		}
	}
	return found, nil
}

func (w *World) measure(l *link, text string) cluster.Measurement {
	m := cluster.Measurement{Sent: volley}
	var took []time.Duration
	for i := range volley {
		// Every link has dice of its own: in which order they are measured is open.
		d := dice{l.seed ^ scramble(uint64(w.time.Elapsed())+uint64(i))}
		if d.with(l.shape.Loss) || d.with(l.shape.Noise) || l.cut {
			continue
		}
		m.Arrived++
		if d.with(l.shape.Duplicate) {
			m.Twice++
		}
		s := l.shape
		late := d.between(s.Delay-s.Jitter, s.Delay+s.Jitter)
		if d.with(s.Reorder) {
			m.Late++
			late += s.Behind
		}
		took = append(took, w.config.Weather.Fastest+late)
		if l.tamper([]byte(text)) {
			m.Changed++
		}
	}
	if slices.Sort(took); len(took) > 0 {
		m.Fastest, m.Median, m.Rate = took[0], took[len(took)/2], l.shape.Rate
	}
	return m
}

// running says whether both ends of a link do.
func (w *World) running(l cluster.Link) bool {
	from, to := w.byName[l.From], w.byName[l.To]
	return from != nil && to != nil && from.process != nil && to.process != nil
}
