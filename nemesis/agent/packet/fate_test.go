package packet

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

const ms = int64(time.Millisecond)

func TestTheSameSeedGivesTheSameFates(t *testing.T) {
	shape := protocol.Shape{
		Delay: 9 * time.Millisecond, Jitter: 3 * time.Millisecond, Loss: 0.2, Duplicate: 0.2, Noise: 0.2, Corrupt: 0.2,
		Reorder: 0.2, Behind: time.Millisecond, Rate: 1e6, Queue: 5000, Seed: 1,
	}
	fates := func(s protocol.Shape) []fate {
		l := newLink(s)
		var all []fate
		for i := range 200 {
			all = append(all, l.decide(int64(i)*ms, 100+i))
		}
		return all
	}
	other := shape
	other.Seed = 2
	same, differ := 0, 0
	a, b, c := fates(shape), fates(shape), fates(other)
	for i := range a {
		if a[i] == b[i] {
			same++
		}
		if a[i] != c[i] {
			differ++
		}
	}
	if same != len(a) || differ == 0 {
		t.Errorf("%d of %d fates are the same for the same seed, %d differ for another", same, len(a), differ)
	}
}

func TestProbabilitiesAreKept(t *testing.T) {
	const packets = 20_000
	l := newLink(protocol.Shape{Loss: 0.1, Duplicate: 0.2, Noise: 0.3, Corrupt: 0.4, Reorder: 0.5, Behind: 1, Seed: 5})
	var duplicates, noisy, corrupt int
	for range packets {
		f := l.decide(0, 100)
		count := func(happens bool, n *int) {
			if happens {
				*n++
			}
		}
		count(f.duplicate, &duplicates)
		count(f.noise, &noisy)
		count(f.corrupt, &corrupt)
	}
	arrived := packets - int(l.counts.Lost)
	for name, c := range map[string]struct {
		got, of int
		want    float64
	}{
		"lost": {int(l.counts.Lost), packets, 0.1}, "doubled": {duplicates, arrived, 0.2}, "noisy": {noisy, arrived, 0.3},
		"corrupt": {corrupt, arrived, 0.4}, "overtaken": {int(l.counts.Reordered), arrived, 0.5},
	} {
		if share := float64(c.got) / float64(c.of); share < c.want-0.02 || share > c.want+0.02 {
			t.Errorf("%v are %s, want %v", share, name, c.want)
		}
	}
	if l.counts.Packets != packets {
		t.Errorf("counted %d packets of %d", l.counts.Packets, packets)
	}
}

// Whatever the jitter and the bandwidth, packets that are not overtaken on purpose
// keep their order and arrive in time.
func TestPacketsKeepTheirOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		delay := time.Duration(random.IntN(50)) * time.Millisecond
		shape := protocol.Shape{
			Delay: delay, Jitter: time.Duration(random.Int64N(int64(delay) + 1)),
			Rate: random.Int64N(3) * 100_000, Queue: 20_000, Seed: random.Uint64(),
		}
		l := newLink(shape)
		now, last := int64(0), int64(0)
		for range 50 {
			now += random.Int64N(3 * ms)
			f := l.decide(now, 100+random.IntN(1400))
			if f.drop {
				continue
			}
			earliest := now + int64(shape.Delay-shape.Jitter)
			latest := max(last, now+int64(shape.Patience())+20*ms) // a packet of 1500 bytes takes up to 15 ms itself
			if f.at < last || f.at < earliest || f.at > latest {
				t.Fatalf("%+v: a packet of %v arrives at %v, after one of %v", shape, time.Duration(now), time.Duration(f.at), time.Duration(last))
			}
			last = f.at
		}
	}
}

func TestOvertakenPacketsDoNotHoldUpOthers(t *testing.T) {
	l := newLink(protocol.Shape{Reorder: 0.5, Behind: time.Second, Seed: 3})
	overtaken := 0
	for i := range 100 {
		now := int64(i) * ms
		switch f := l.decide(now, 100); f.at {
		case now + int64(time.Second):
			overtaken++
		case now:
		default:
			t.Fatalf("a packet of %v arrives at %v", time.Duration(now), time.Duration(f.at))
		}
	}
	if overtaken == 0 || overtaken == 100 || uint64(overtaken) != l.counts.Reordered {
		t.Errorf("%d of 100 are overtaken, %d counted", overtaken, l.counts.Reordered)
	}
}

func TestBandwidthIsShared(t *testing.T) {
	l := newLink(protocol.Shape{Rate: 100_000, Queue: 10_000})
	var arrived, last int64
	for range 200 { // 100 kB at once
		if f := l.decide(0, 500); !f.drop {
			arrived++
			last = f.at
		}
	}
	// Ten thousand bytes wait, and one more packet is on the line.
	if arrived != 21 || last != 21*5*ms || l.counts.Overflowed != 200-21 {
		t.Errorf("%d packets arrive until %v, %d overflow", arrived, time.Duration(last), l.counts.Overflowed)
	}
	if f := l.decide(1000*ms, 500); f.drop || f.at != 1005*ms {
		t.Errorf("an idle line is busy: %+v", f)
	}
}

func TestTheZeroShapeDoesNothing(t *testing.T) {
	l := newLink(protocol.Shape{})
	if f := l.decide(42, 1500); f != (fate{at: 42}) {
		t.Errorf("%+v", f)
	}
	if (protocol.Shape{Seed: 9}).Changes() || !(protocol.Shape{Delay: 1}).Changes() {
		t.Error("a seed alone changes something, or a delay nothing")
	}
}

func BenchmarkDecide(b *testing.B) {
	l := newLink(protocol.Shape{Delay: time.Millisecond, Jitter: time.Microsecond, Loss: 0.01, Duplicate: 0.01, Rate: 1e9, Queue: 1 << 20})
	for i := range b.N {
		l.decide(int64(i)*1000, 1500)
	}
}
