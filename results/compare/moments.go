package compare

import "time"

// Moment is how fast a run was during half a second of its load.
type Moment struct {
	// At is when it began, from the second second of the load on.
	At time.Duration
	// Faults says that a fault may have been in force.
	Faults bool
	// PerSecond is how many operations were answered, for a second.
	PerSecond float64
	// P50 and P99 are of their latencies; 0 if there was none.
	P50, P99 time.Duration
}

// Moments are the load of the run in order, for pictures of it.
func (r Run) Moments() []Moment {
	var all []Moment
	for i, s := range r.slices {
		var took sum
		took.add(s.All)
		all = append(all, Moment{
			At: time.Duration(i) * width, Faults: s.Faults, PerSecond: float64(s.Answered) / width.Seconds(),
			P50: time.Duration(known(took.quantile(0.5))), P99: time.Duration(known(took.quantile(0.99))),
		})
	}
	return all
}
