package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// noise makes the slices of a run as they are in life: latencies are log-normal, and
// their level wanders slowly, as on a machine with a busy neighbour.
func noise(random *rand.Rand, n int, slower, between float64) series {
	level := between * random.NormFloat64()
	wander := 0.0
	var s series
	for range n {
		wander = 0.7*wander + 0.1*random.NormFloat64()
		took := make([]time.Duration, 20+random.IntN(10))
		for i := range took {
			took[i] = time.Duration(1e6 * slower * math.Exp(level+wander+0.5*random.NormFloat64()))
		}
		s = append(s, point{answered: len(took), took: newHistogram(took)})
	}
	return s
}

func several(random *rand.Rand, runs int, slower, between float64) []series {
	var all []series
	for range runs {
		all = append(all, noise(random, 40, slower, between))
	}
	return all
}

func judged(random *rand.Rand, old, new []series, tail float64) (worse bool) {
	f := Figure{Name: "p50"}
	intervals := bootstrap(old, new, []statistic{latency(0.5)}, tail, 300, random)
	f.judge(intervals[0], Options{}.withDefaults())
	return f.Change == Worse
}

// TestNoiseIsSeldomCalledWorse compares runs of which nothing has changed but chance, and
// sets aside that a difference has to be large besides. The bound lies three standard
// deviations above the stated probability.
func TestNoiseIsSeldomCalledWorse(t *testing.T) {
	for _, c := range []struct {
		name    string
		runs    int
		between float64
	}{{"one run each", 1, 0}, {"five runs each", 5, 0.1}} {
		t.Run(c.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 4))
			const trials, tail = 200, 0.05
			alarms := 0
			for range trials {
				i := bootstrap(several(random, c.runs, 1, c.between), several(random, c.runs, 1, c.between), []statistic{latency(0.5)}, tail, 300, random)
				if i[0].Low > 1 {
					alarms++
				}
			}
			t.Logf("%d of %d called worse at %.2f", alarms, trials, tail)
			if most := trials*tail + 3*math.Sqrt(trials*tail*(1-tail)); float64(alarms) > most {
				t.Errorf("more than %.1f", most)
			}
		})
	}
}

func TestWhatIsSlowerIsCalledWorse(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, runs := range []int{1, 3, 5} {
		found := 0
		const trials = 20
		for range trials {
			if judged(random, several(random, runs, 1, 0.05), several(random, runs, 2, 0.05), 0.002) {
				found++
			}
		}
		if found < trials-1 {
			t.Errorf("%d runs: %d of %d that take twice as long were found", runs, found, trials)
		}
	}
}

func TestASmallDifferenceIsNoRegression(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 10 {
		if judged(random, several(random, 5, 1, 0), several(random, 5, 1.1, 0), 0.05) {
			t.Error("a tenth was called worse")
		}
	}
}

func TestThroughputThatIsGoneIsWorse(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	silent := make(series, 40)
	f := Figure{Name: "answered", higherIsBetter: true}
	i := bootstrap(several(random, 1, 1, 0), []series{silent}, []statistic{(*pool).throughput}, 0.01, 500, random)
	if f.judge(i[0], Options{}.withDefaults()); f.Change != Worse {
		t.Errorf("%+v", f)
	}
	f = Figure{Name: "answered", higherIsBetter: true}
	i = bootstrap([]series{silent}, []series{silent}, []statistic{(*pool).throughput}, 0.01, 500, random)
	if f.judge(i[0], Options{}.withDefaults()); f.Change != Same {
		t.Errorf("%+v", f)
	}
}

func TestQuantilesOfHistogramsAreThoseOfTheDurations(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 300 {
		durations := make([]time.Duration, 1+random.IntN(500))
		for i := range durations {
			durations[i] = time.Duration(random.Int64() >> random.IntN(62))
		}
		var s sum
		cut := random.IntN(len(durations) + 1)
		s.add(newHistogram(durations[:cut]))
		s.add(newHistogram(durations[cut:]))
		slices.Sort(durations)
		for _, share := range []float64{0.5, 0.95, 0.99} {
			want := float64(max(1, durations[int(math.Ceil(share*float64(len(durations))))-1]))
			if got := s.quantile(share); math.Abs(got-want)/want > 0.006 {
				t.Fatalf("p%g of %d is %g, want %g", 100*share, len(durations), got, want)
			}
		}
	}
	if got := new(sum).quantile(0.5); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %g", got)
	}
}

// The values are those of R's fisher.test(matrix(c(a, b, c, d), 2), alternative="greater").
func TestFisher(t *testing.T) {
	for _, c := range []struct {
		oldHits, oldRuns, newHits, newRuns int
		want                               float64
	}{
		{0, 3, 3, 3, 0.05}, {1, 4, 3, 4, 0.2428571}, {0, 10, 10, 10, 5.412544e-06},
		{3, 10, 10, 10, 0.001547988}, {5, 10, 5, 10, 0.6718591}, {0, 1, 1, 1, 0.5}, {2, 2, 0, 2, 1},
	} {
		if got := fisher(c.oldHits, c.oldRuns, c.newHits, c.newRuns); math.Abs(got-c.want) > 1e-6*math.Max(1, c.want) {
			t.Errorf("%+v: %.9g", c, got)
		}
	}
}

// The values are those of tables of Student's distribution.
func TestStudent(t *testing.T) {
	for _, c := range []struct{ freedom, tail, want float64 }{
		{1, 0.05, 6.3138}, {1, 0.001, 318.31}, {2, 0.05, 2.9200}, {2, 0.005, 9.9248}, {3, 0.05, 2.3534}, {3, 0.001, 10.215},
		{4, 0.01, 3.7469}, {5, 0.05, 2.0150}, {10, 0.005, 3.1693}, {10, 0.0005, 4.5869}, {30, 0.025, 2.0423}, {120, 0.001, 3.1595},
	} {
		if got := student(c.freedom, c.tail); math.Abs(got/c.want-1) > 0.005 {
			t.Errorf("%+v: %g", c, got)
		}
	}
}
