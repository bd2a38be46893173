package packet

import (
	"math/rand/v2"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// link is the way from one source, with the dice that decide the fates of its
// packets. Times are nanoseconds on the monotonic clock.
type link struct {
	shape  protocol.Shape
	random *rand.Rand
	counts protocol.Counts
	// last is when the latest of the packets that keep their order arrives.
	last int64
	// busy is until when the bandwidth is used up.
	busy int64
}

// fate is what happens to one packet.
type fate struct {
	drop, duplicate bool
	noise, corrupt  bool
	// at is when it arrives.
	at int64
}

func newLink(s protocol.Shape) *link {
	return &link{shape: s, random: rand.New(rand.NewPCG(s.Seed, 0x7061636b6574))}
}

// decide throws the dice for a packet of that many bytes. Faults whose
// probability is zero take no dice, so that the same seed and shape always give
// the same fates.
func (l *link) decide(now int64, size int) fate {
	l.counts.Packets++
	f := fate{at: now}
	if f.drop = l.happens(l.shape.Loss); f.drop {
		l.counts.Lost++
		return f
	}
	f.duplicate = l.happens(l.shape.Duplicate)
	f.noise = l.happens(l.shape.Noise)
	f.corrupt = l.happens(l.shape.Corrupt)
	behind := l.happens(l.shape.Reorder)
	if f.at, f.drop = l.transmitted(now, size); f.drop {
		l.counts.Overflowed++
		return f
	}
	f.at += l.late()
	if behind {
		f.at += int64(l.shape.Behind)
		l.counts.Reordered++
		return f
	}
	f.at = max(f.at, l.last)
	l.last = f.at
	return f
}

func (l *link) happens(probability float64) bool {
	return probability > 0 && l.random.Float64() < probability
}

// transmitted is when the last bit of a packet has gone through the bandwidth,
// behind those that wait already. The packet overflows if more bytes wait than
// the queue holds.
func (l *link) transmitted(now int64, size int) (at int64, overflow bool) {
	if l.shape.Rate <= 0 {
		return now, false
	}
	perByte := 1e9 / float64(l.shape.Rate)
	waiting := float64(max(l.busy-now, 0)) / perByte
	if waiting > float64(l.shape.Queue) {
		return now, true
	}
	l.busy = max(l.busy, now) + int64(float64(size)*perByte)
	return l.busy, false
}

func (l *link) late() int64 {
	if l.shape.Delay+l.shape.Jitter > 0 {
		l.counts.Delayed++
	}
	late := int64(l.shape.Delay)
	if l.shape.Jitter > 0 {
		late += int64((2*l.random.Float64() - 1) * float64(l.shape.Jitter))
	}
	return max(late, 0)
}
