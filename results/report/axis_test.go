package report

import (
	"math/rand"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

func spans(times ...float64) []history.Call {
	var calls []history.Call
	for i := 0; i < len(times); i += 2 {
		calls = append(calls, history.Call{Start: ms(times[i]), End: ms(times[i+1])})
	}
	return calls
}

func noRoom(history.Call) float64 { return 0 }

func TestAxisBreaksWhereNothingHappens(t *testing.T) {
	evenly := []float64{}
	for i := range 20 {
		evenly = append(evenly, float64(i)*100, float64(i)*100+1)
	}
	for name, c := range map[string]struct {
		calls []history.Call
		gaps  []string
	}{
		"a write and a read long after":   {spans(3000, 3002, 20000, 20001), []string{"17 s"}},
		"near enough to be drawn":         {spans(3000, 3002, 3010, 3012), nil},
		"three clusters":                  {spans(10, 11, 12, 13, 500, 501, 502, 504, 20000, 20002), []string{"487 ms", "19.5 s"}},
		"four clusters far apart alike":   {spans(0, 2, 5000, 5002, 10000, 10002, 15000, 15002), []string{"5 s", "5 s", "5 s"}},
		"evenly spread":                   {spans(evenly...), nil},
		"a call that lasts":               {spans(0, 5000, 10, 12), []string{"4.99 s"}},
		"a call that spans a long pause":  {spans(0, 60000, 10, 12, 14, 15, 17, 18, 59998, 59999), []string{"60 s"}},
		"within the call after the pause": {spans(0, 2.4, 16000, 16001.1), []string{"16 s"}},
		"one call":                        {spans(5, 6), nil},
		"an instant":                      {spans(5, 5), nil},
		"none":                            {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, g := range newAxis(c.calls, 0, 900, noRoom).gaps() {
				got = append(got, g.Label)
			}
			if len(got) != len(c.gaps) {
				t.Fatalf("breaks %v, want %v", got, c.gaps)
			}
			for i := range got {
				if got[i] != c.gaps[i] {
					t.Errorf("breaks %v, want %v", got, c.gaps)
				}
			}
		})
	}
}

// TestAxisKeepsTheOrder: later is never further left, not even in breaks, and
// what is as long is as wide outside of them.
func TestAxisKeepsTheOrder(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 300 {
		var times []float64
		at := random.Float64() * 1e5
		for range 1 + random.Intn(12) {
			if random.Intn(3) == 0 {
				at += random.Float64() * 30_000
			}
			at += random.Float64() * 5
			times = append(times, at, at+random.Float64()*4)
		}
		a := newAxis(spans(times...), 0, 900, func(history.Call) float64 { return random.Float64() * 200 })
		before := -1.0
		for at := times[0] - 10; at < times[len(times)-1]+10; at += random.Float64() * 20 {
			x := a.x(ms(at))
			if x < before || x < 0 || x > 900 {
				t.Fatalf("%v: %.3f ms lies at %.2f after %.2f", times, at, x, before)
			}
			before = x
		}
		for i := 0; i < len(times); i += 2 {
			width := a.x(ms(times[i+1])) - a.x(ms(times[i]))
			if want := a.scale * float64(ms(times[i+1])-ms(times[i])); width < want-0.01 {
				t.Fatalf("%v: a call is %.2f wide, not %.2f", times, width, want)
			}
		}
	}
}

func TestTicksAreRoundTimes(t *testing.T) {
	a := newAxis(spans(1000, 1003, 1010, 1012), 0, 900, noRoom)
	for _, tick := range a.ticks() {
		switch tick.Label {
		case "1.000 s", "1.002 s", "1.004 s", "1.006 s", "1.008 s", "1.010 s", "1.012 s":
		default:
			t.Errorf("tick at %s", tick.Label)
		}
	}
	if len(a.ticks()) < 5 {
		t.Errorf("%d ticks", len(a.ticks()))
	}
}

func TestLengthsForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ns", 999: "999 ns", 1500: "1.5 µs", ms(1): "1 ms", ms(9.996): "10 ms", ms(12.34): "12.3 ms",
		ms(559.4): "559 ms", ms(16000): "16 s", 90 * time.Second: "90 s", time.Hour: "1h0m0s", -ms(3): "-3 ms",
	} {
		if got := lasted(d); got != want {
			t.Errorf("%d ns: %s, want %s", d, got, want)
		}
	}
}
