package nemesis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// wrongness is what a shape of the clock family does, understood.
type wrongness struct {
	skew cluster.Skew
	// either says that the seed decides between this skew and its opposite.
	either bool
	place  string
}

// What effects do that come without arguments. The usual drift is far beyond that
// of any quartz, so that it shows within seconds.
const (
	usualJump   = 5 * time.Second
	usualDrift  = 100_000
	usualStrobe = time.Second
	usualPeriod = 200 * time.Millisecond
)

// Bounds of arguments. A clock that stands still is a drift of -1,000,000; less
// than leastDrift is too little to be seen soon, and periods have to be seen too.
const (
	standstill  = -1_000_000
	leastDrift  = 100
	mostDrift   = 1_000_000
	longestJump = 10 * 365 * 24 * time.Hour
	leastPeriod = 20 * time.Millisecond
	mostPeriod  = 2 * time.Second
)

func clockShapes() []ShapeDescription {
	return []ShapeDescription{
		{Name: "jump", About: "jump(5s) ahead or jump(-5s) back; the seed decides where neither is said"},
		{Name: "drift", About: "drift(10%) fast or drift(-10%) slow, or in ppm; the seed decides where neither is said"},
		{Name: "strobe", About: "strobe(1s,200ms): 1s ahead and back again, every 200ms"},
		{Name: "freeze", About: "stands still"},
	}
}

func checkClock(_ Description, s shape) error {
	_, err := parseClock(s)
	return err
}

func parseClock(s shape) (wrongness, error) {
	all := wrongness{place: "one"}
	for _, e := range s.effects {
		one, err := e.wrongness()
		if err != nil {
			return wrongness{}, err
		}
		if all, err = all.plus(one); err != nil {
			return wrongness{}, err
		}
	}
	if s.place != "" {
		all.place = s.place
	}
	return all, checkPlace(all.place)
}

func (e effect) wrongness() (w wrongness, err error) {
	a := &reading{words: e.arguments}
	switch e.name {
	case "jump":
		w.either = len(a.words) == 0
		w.skew.Offset = a.jump(usualJump)
	case "drift":
		w.either = len(a.words) == 0
		w.skew.Drift = a.drift(usualDrift)
	case "strobe":
		w.skew.Offset, w.skew.Strobe = a.jump(usualStrobe), a.period(usualPeriod)
	case "freeze":
		w.skew.Drift = standstill
	default:
		return w, errNoShape
	}
	if err := a.end(); err != nil {
		return w, fmt.Errorf("%s: %w", e.name, err)
	}
	return w, nil
}

// plus is both at once. A clock can jump and then run fast or stand still; all
// else contradicts itself.
func (w wrongness) plus(other wrongness) (wrongness, error) {
	a, b := w.skew, other.skew
	switch {
	case a == cluster.Skew{}:
		other.place = w.place
		return other, nil
	case a.Strobe != 0 || b.Strobe != 0:
		return w, errors.New("strobe goes with nothing else")
	case a.Offset != 0 && b.Offset != 0 || a.Drift != 0 && b.Drift != 0:
		return w, errors.New("only a jump and one of drift and freeze go together")
	}
	w.skew = cluster.Skew{Offset: a.Offset + b.Offset, Drift: a.Drift + b.Drift}
	w.either = false
	return w, nil
}

func (r *reading) jump(usual time.Duration) time.Duration {
	word, some := r.next()
	if !some {
		return usual
	}
	d, err := time.ParseDuration(word)
	if err != nil || d == 0 || d.Abs() > longestJump {
		r.fail(fmt.Errorf("%q is not how far a clock can jump, such as 5s or -1h", word))
	}
	return d
}

func (r *reading) period(usual time.Duration) time.Duration {
	word, some := r.next()
	if !some {
		return usual
	}
	d, err := time.ParseDuration(word)
	if err != nil || d < leastPeriod || d > mostPeriod {
		r.fail(fmt.Errorf("%q is not a period from %s to %s", word, leastPeriod, mostPeriod))
	}
	return d
}

// drift reads millionths, with their unit or as a percentage.
func (r *reading) drift(usual int64) int64 {
	word, some := r.next()
	if !some {
		return usual
	}
	number, perUnit := strings.TrimSuffix(word, "ppm"), 1.0
	if percent, ok := strings.CutSuffix(word, "%"); ok {
		number, perUnit = percent, 10_000
	}
	n, err := strconv.ParseFloat(number, 64)
	n *= perUnit
	if err != nil || !(n >= leastDrift && n <= mostDrift || n <= -leastDrift && n > standstill) {
		r.fail(fmt.Errorf("%q is not a drift, such as 500ppm or -10%%, of at least %dppm; slower than -100%% no clock runs", word, leastDrift))
		return usual
	}
	return int64(n)
}

// opposite is the skew the other way.
func opposite(s cluster.Skew) cluster.Skew {
	s.Offset, s.Drift = -s.Offset, -s.Drift
	return s
}

func resolveClock(n *Nemesis, id int, p Planned, s shape, fault *history.Fault) active {
	what, err := parseClock(s)
	if err != nil {
		panic("nemesis: a clock that was not checked: " + err.Error())
	}
	if what.either && p.Flip {
		what.skew = opposite(what.skew)
	}
	fault.Nodes = place(what.place, p.Order)
	fault.Detail = fmt.Sprintf("%s at %s", tellSkew(what.skew), sorted(fault.Nodes))
	return &skewed{clocks: n.clocks, id: id, nodes: fault.Nodes, skew: what.skew}
}

// tellSkew says what a clock does, with all parameters.
func tellSkew(s cluster.Skew) string {
	if s.Strobe > 0 {
		return fmt.Sprintf("strobe %s every %s", s.Offset, s.Strobe)
	}
	var words []string
	if s.Offset != 0 {
		words = append(words, "jump "+s.Offset.String())
	}
	switch s.Drift {
	case 0:
	case standstill:
		words = append(words, "freeze")
	default:
		words = append(words, fmt.Sprintf("drift %d ppm", s.Drift))
	}
	return strings.Join(words, " and ")
}
