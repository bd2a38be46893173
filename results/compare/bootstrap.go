package compare

import (
	"math"
	"math/rand/v2"
)

// Interval says by how much a figure of NEW is a multiple of that of OLD.
type Interval struct {
	// Ratio is the figure of NEW divided by that of OLD, Low and High the bounds within
	// which it would stay.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// statistic is a figure of many slices; NaN if they have none.
type statistic func(*pool) float64

// pool is the slices that were drawn, added up.
type pool struct {
	slices   int
	answered int
	took     sum
}

// series are the slices of one run under one condition, in order.
type series []point

type point struct {
	answered int
	took     histogram
}

// block is how many slices in a row are drawn together. What happens in one goes on in
// the next, be it a fault, an election or a busy neighbour; drawn one by one they would
// look more alike than they are.
const block = 8

// bootstrap gives the ratios of figures of NEW and OLD with confidence intervals, whose
// bounds are each passed with the probability tail. How much the logarithm of a ratio
// varies is found by drawing again (Efron and Tibshirani, An Introduction to the
// Bootstrap, 1993): runs first, and then blocks of slices within each (Politis and
// Romano, A circular block-resampling procedure, 1992); of either one less than there
// are, so that few of them do not look steadier than they are (McCarthy and Snowden,
// The Bootstrap and Finite Population Sampling, 1985). The bounds are Student's, with as
// many degrees of freedom as there are runs or blocks, because few of them do not know
// well by how much they vary. A side of one run knows only how its slices differ.
func bootstrap(old, new []series, figures []statistic, tail float64, resamples int, random *rand.Rand) []Interval {
	var logs = make([][]float64, len(figures))
	var drawn [2]pool
	for range resamples {
		draw(&drawn[0], old, random)
		draw(&drawn[1], new, random)
		for i, figure := range figures {
			if log := math.Log(figure(&drawn[1]) / figure(&drawn[0])); !math.IsNaN(log) {
				logs[i] = append(logs[i], log)
			}
		}
	}
	before, after := drawAll(old), drawAll(new)
	wide := student(freedom(old)+freedom(new), tail)
	intervals := make([]Interval, len(figures))
	for i, figure := range figures {
		ratio := figure(after) / figure(before)
		margin := math.Exp(wide * deviation(logs[i]))
		intervals[i] = Interval{Ratio: ratio, Low: ratio / margin, High: ratio * margin}
	}
	return intervals
}

// freedom is how many of a side's runs, or of the blocks of its only run, are not
// determined by their mean; half a one at least, so that the sum is one at least.
func freedom(side []series) float64 {
	if len(side) > 1 {
		return float64(len(side) - 1)
	}
	return max(0.5, float64(len(side[0]))/block-1)
}

// deviation is the standard deviation; NaN of fewer than two.
func deviation(xs []float64) float64 {
	mean, squares := 0.0, 0.0
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	for _, x := range xs {
		squares += (x - mean) * (x - mean)
	}
	return math.Sqrt(squares / float64(len(xs)-1))
}

func drawAll(runs []series) *pool {
	var p pool
	for _, run := range runs {
		for i := range run {
			p.add(&run[i])
		}
	}
	return &p
}

func draw(p *pool, runs []series, random *rand.Rand) {
	p.took.reset()
	p.slices, p.answered = 0, 0
	for range max(1, len(runs)-1) {
		run := runs[random.IntN(len(runs))]
		left := len(run)
		if len(runs) == 1 {
			left = max(1, left-block)
		}
		for left > 0 {
			at := random.IntN(len(run))
			for range min(block, left) {
				p.add(&run[at%len(run)])
				at, left = at+1, left-1
			}
		}
	}
}

func (p *pool) add(s *point) {
	p.slices++
	p.answered += s.answered
	p.took.add(s.took)
}

// throughput is in operations a second. Half an operation more lets one divide by that
// of a system which answers nothing.
func (p *pool) throughput() float64 {
	return (float64(p.answered) + 0.5) / (float64(p.slices) * width.Seconds())
}

func latency(share float64) statistic {
	return func(p *pool) float64 { return p.took.quantile(share) }
}
