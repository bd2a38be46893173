package harness

import (
	"sync/atomic"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results/live"
)

// tally counts what completes while a run runs.
type tally struct {
	ok, failed, unknown atomic.Int64
	// writes counts what brought a value and is ok.
	writes atomic.Int64
	phase  atomic.Pointer[string]
	// latencies are of what is ok.
	latencies latencies
}

func (t *tally) count(outcome history.Type) {
	switch outcome {
	case history.OK:
		t.ok.Add(1)
	case history.Fail:
		t.failed.Add(1)
	default:
		t.unknown.Add(1)
	}
}

func (t *tally) total() int64 { return t.ok.Load() + t.failed.Load() + t.unknown.Load() }

// watch reports progress four times a second until it is stopped, and once a second
// to whoever looks at the run's directory.
func (r *run) watch() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(250 * time.Millisecond)
		defer ticker.Stop()
		var recent window
		for n := 0; ; n++ {
			p := r.progress(&recent)
			if r.test.Progress != nil {
				r.test.Progress(p)
			}
			if n%4 == 0 {
				r.show(p)
			}
			select {
			case <-quit:
				if r.test.Progress != nil {
					r.test.Progress(r.progress(&recent))
				}
				return
			case <-ticker.C:
			}
		}
	}()
	return func() { close(quit); <-done }
}

// show tells of the run's progress in its directory. That it cannot be told is no
// reason to end a run: if the disk is full, the recorder will say so.
func (r *run) show(p Progress) {
	s := live.Sample{
		Phase: p.Phase, Elapsed: p.Elapsed, Remaining: p.Remaining,
		OK: p.OK, Failed: p.Failed, Unknown: p.Unknown, PerSecond: p.PerSecond, Faults: p.Faults,
	}
	s.P50, s.P99 = r.tally.latencies.drain()
	_ = r.live.Write(s)
}

func (r *run) progress(recent *window) Progress {
	p := Progress{Elapsed: r.clock(), OK: int(r.tally.ok.Load()), Failed: int(r.tally.failed.Load()), Unknown: int(r.tally.unknown.Load())}
	if phase := r.tally.phase.Load(); phase != nil {
		p.Phase = *phase
	}
	p.PerSecond = recent.rate(p.Elapsed, r.tally.total())
	if n := r.active.Load(); n != nil {
		p.Faults = n.InForce()
	}
	p.Remaining = max(0, r.expected()-p.Elapsed)
	return p
}

// around is how long a run takes beside its load, for the estimate.
const around = 8 * time.Second

func (r *run) expected() time.Duration {
	if began := r.loading.Load(); began > 0 {
		return time.Duration(began) + r.test.Duration + around/2 + r.test.Settle
	}
	// The test as a whole is not for this goroutine: set-up fits its nemesis.
	return around + r.test.Duration + r.test.Settle
}

// Expected is about how long the test will take, from nothing to its report.
func (t Test) Expected() time.Duration {
	t = t.withDefaults()
	return around + t.Duration + t.Settle
}

// window is a rate over the last two seconds.
type window struct {
	times  []time.Duration
	totals []int64
}

func (w *window) rate(now time.Duration, total int64) float64 {
	w.times, w.totals = append(w.times, now), append(w.totals, total)
	for len(w.times) > 2 && now-w.times[0] > 2*time.Second {
		w.times, w.totals = w.times[1:], w.totals[1:]
	}
	if over := now - w.times[0]; over > 0 {
		return float64(total-w.totals[0]) / over.Seconds()
	}
	return 0
}
