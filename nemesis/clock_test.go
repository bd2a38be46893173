package nemesis

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// clockBench is a cluster whose clocks only remember what they should show.
type clockBench struct {
	*bench
	skews map[string]cluster.Skew
	// broken makes SetClocks answer without doing anything.
	broken bool
	// began is what begins at n1 once its clock is wrong.
	began map[string]int
}

func newClockBench() *clockBench { return &clockBench{bench: newBench("n1", "n2", "n3")} }

func (b *clockBench) SetClocks(_ context.Context, skews map[string]cluster.Skew) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.broken {
		b.skews = maps.Clone(skews)
	}
	return nil
}

func (b *clockBench) ReadClocks(context.Context) (map[string]cluster.ClockReading, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	readings := map[string]cluster.ClockReading{}
	for _, node := range b.nodes {
		if node.(*benchNode).state == cluster.Stopped {
			continue
		}
		ahead := b.showsAhead(node.Name(), now)
		readings[node.Name()] = cluster.ClockReading{Processes: 1, Least: ahead, Most: ahead, At: now}
		if _, wrong := b.skews["n1"]; wrong && node.Name() == "n1" {
			r := readings["n1"]
			r.Began = b.began
			readings["n1"] = r
		}
	}
	return readings, nil
}

func (b *clockBench) showsAhead(node string, now time.Time) time.Duration {
	s := b.skews[node]
	if s.Strobe > 0 && now.Sub(s.Since)/s.Strobe%2 == 1 {
		return 0
	}
	return s.Ahead(now)
}

// tell is what the nodes themselves say.
func (b *clockBench) tell(_ context.Context, node cluster.Node) (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	return now.Add(b.showsAhead(node.Name(), now)), nil
}

func runClock(t *testing.T, b *clockBench, c Config, faults ...Planned) *history.History {
	t.Helper()
	r := recorder(t)
	c.Cluster, c.Recorder, c.Steps = b, r, []Step{step(faults...)}
	n := New(c)
	n.Run(t.Context())
	if err := n.HealAll(t.Context()); err != nil {
		t.Error(err)
	}
	return withoutReadings(r.Snapshot())
}

func TestClocksAreSkewedVerifiedAndHealed(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{
		"jump", "jump(-1h)", "drift(500ppm)", "drift(-50%)", "freeze", "jump(5s)&freeze@majority", "strobe(1s,20ms)@all", "drift@n1,n3",
	} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newClockBench()
			h := runClock(t, b, Config{Time: b.tell}, planned("clock", shape))
			if got := strings.Join(outcomes(h), "; "); got != "inject clock ok; heal clock ok; restore ok" {
				t.Errorf("%s: %s", got, h.Ops[1].Error)
			}
			if len(b.skews) != 0 {
				t.Errorf("left behind: %v", b.skews)
			}
		})
	}
}

func TestAClockThatStaysRightIsNotVerified(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"jump", "drift(100ppm)", "strobe", "freeze"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newClockBench()
			b.broken = true
			h := runClock(t, b, Config{}, planned("clock", shape))
			if got := outcomes(h)[0]; got != "inject clock info" || !strings.Contains(h.Ops[1].Error, "clocks: n2 ") {
				t.Errorf("%s: %q", got, h.Ops[1].Error)
			}
		})
	}
}

// A mechanism that changes what is in memory and not what the node reads would be
// none.
func TestANodeThatTellsAnotherTimeIsBelieved(t *testing.T) {
	t.Parallel()
	b := newClockBench()
	right := func(context.Context, cluster.Node) (time.Time, error) { return time.Now(), nil }
	h := runClock(t, b, Config{Time: right}, planned("clock", "jump(5s)"))
	if got := outcomes(h)[0]; got != "inject clock info" || !strings.Contains(h.Ops[1].Error, "n2: tells a time that is") {
		t.Errorf("%s: %q", got, h.Ops[1].Error)
	}
}

func TestAClockIsAsItWasAfterARestart(t *testing.T) {
	t.Parallel()
	h := runClock(t, newClockBench(), Config{}, planned("clock", "jump@all"), planned("kill", "one"))
	want := "inject clock ok; inject kill ok; heal kill ok; reapply clock ok; heal clock ok; restore ok"
	if got := strings.Join(outcomes(h), "; "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestClocksComeFirst(t *testing.T) {
	spec, err := Parse("kill,clock,pause,partition:leader")
	if err != nil {
		t.Fatal(err)
	}
	first := map[string]int{}
	for seed := range int64(50) {
		for _, s := range spec.Plan(seed, []string{"n1", "n2", "n3"}, Timing{Duration: time.Minute, Hold: time.Second}) {
			if len(s.Faults) == 2 && s.Faults[1].Family == "clock" {
				t.Errorf("after %s", s.Faults[0].Family)
			} else if len(s.Faults) == 2 {
				first[s.Faults[0].Family]++
			}
		}
	}
	if first["clock"] == 0 || first["partition"] == 0 {
		t.Errorf("first of two: %v", first)
	}
}

func TestTheSeedDecidesWhichWayAClockGoes(t *testing.T) {
	n := New(Config{Cluster: newClockBench(), Recorder: recorder(t)})
	for shape, want := range map[string][2]string{
		"jump":              {"jump 5s at n2", "jump -5s at n2"},
		"drift@all":         {"drift 100000 ppm at n1 n2 n3", "drift -100000 ppm at n1 n2 n3"},
		"jump(1m)&drift":    {"jump 1m0s and drift 100000 ppm at n2", "jump 1m0s and drift 100000 ppm at n2"},
		"freeze&jump(-1s)":  {"jump -1s and freeze at n2", "jump -1s and freeze at n2"},
		"strobe(-1s,500ms)": {"strobe -1s every 500ms at n2", "strobe -1s every 500ms at n2"},
	} {
		for i, flip := range []bool{false, true} {
			p := planned("clock", shape)
			p.Flip = flip
			if _, fault := n.resolve(1, p, nil); fault.Detail != want[i] {
				t.Errorf("%s is %q, want %q", shape, fault.Detail, want[i])
			}
		}
	}
}

func TestClockArguments(t *testing.T) {
	for text, want := range map[string]wrongness{
		"jump(-5s)":               {skew: cluster.Skew{Offset: -5 * time.Second}, place: "one"},
		"jump@leader":             {skew: cluster.Skew{Offset: usualJump}, either: true, place: "leader"},
		"drift(500ppm)":           {skew: cluster.Skew{Drift: 500}, place: "one"},
		"drift(-0.5%)@n1,n2":      {skew: cluster.Skew{Drift: -5000}, place: "n1,n2"},
		"strobe":                  {skew: cluster.Skew{Offset: time.Second, Strobe: 200 * time.Millisecond}, place: "one"},
		"freeze":                  {skew: cluster.Skew{Drift: standstill}, place: "one"},
		"jump(1h)&drift(100%)":    {skew: cluster.Skew{Offset: time.Hour, Drift: 1_000_000}, place: "one"},
		"freeze&jump(-1m)@median": {},
	} {
		s, err := parseShape(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseClock(s)
		if want.place == "" {
			if err == nil {
				t.Errorf("%s is accepted", text)
			}
			continue
		}
		if err != nil || got.skew != want.skew || got.either != want.either || got.place != want.place {
			t.Errorf("%s is %+v, %v", text, got, err)
		}
	}
}

func TestMistakesInClocksAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"clock:jmp":               "no such shape of clock; choose from jump, drift, strobe, freeze",
		"clock:jump(0s)":          `jump: "0s" is not how far a clock can jump`,
		"clock:jump(soon)":        "such as 5s or -1h",
		"clock:jump(1000000h)":    "is not how far",
		"clock:drift(-100%)":      "slower than -100% no clock runs",
		"clock:drift(1ppm)":       "of at least 100ppm",
		"clock:drift(NaN)":        "is not a drift",
		"clock:strobe(1s,1ms)":    "a period from 20ms to 2s",
		"clock:freeze(1s)":        "one argument too many",
		"clock:strobe&freeze":     "goes with nothing else",
		"clock:jump&jump":         "only a jump and one of",
		"clock:freeze&drift":      "only a jump and one of",
		"clock:jump@to-leader":    "no place is called",
		"clock:jump(1s,2s)@all":   "one argument too many",
		"clock:freeze,clock:jump": "stands twice",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// A supervisor in a node may start its program again, which gets the same clock.
func TestWhatBeginsUnderAWrongClockIsInTheHistory(t *testing.T) {
	t.Parallel()
	b := newClockBench()
	b.began = map[string]int{"postgres": 2, "sh": 1}
	h := runClock(t, b, Config{}, planned("clock", "jump(1h)@n1"))
	want := "jump 1h0m0s at n1; 3 processes began at n1 meanwhile and got the same clock: postgres (2), sh (1)"
	told := ""
	for _, op := range h.Ops {
		if op.F == history.Heal && op.Type == history.OK {
			told, _ = op.Value.Text()
		}
	}
	if told != want {
		t.Errorf("told %q, want %q", told, want)
	}
}
