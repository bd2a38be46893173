// Package compare says what got worse from one run to another, or from some runs to
// others: verdicts, anomalies, latency and throughput. It tells worse from noise by
// tests whose error it states, and says what it could not compare. It judges no
// history: what a verdict says, it believes.
package compare

import "math/rand/v2"

// Options say what counts as worse. The zero value means the defaults.
type Options struct {
	// Alpha is the probability that any of the figures of a comparison is called worse
	// although nothing has changed, as far as the slices and runs that there are know how
	// much figures vary; 0.05. It is shared among the figures (Bonferroni).
	Alpha float64
	// MinLatency is by what share a quantile has to grow to be called worse, and
	// MinThroughput by what share more OLD has to answer than NEW; 0.25 and 0.10.
	MinLatency    float64
	MinThroughput float64
}

func (o Options) withDefaults() Options {
	if o.Alpha <= 0 {
		o.Alpha = 0.05
	}
	if o.MinLatency <= 0 {
		o.MinLatency = 0.25
	}
	if o.MinThroughput <= 0 {
		o.MinThroughput = 0.10
	}
	return o
}

// resamples is how often slices are drawn again: enough to know how much a figure
// varies to within a few percent.
const resamples = 600

// Comparison is everything that was compared.
type Comparison struct {
	Schema string      `json:"$schema,omitempty"`
	Old    SideSummary `json:"old"`
	New    SideSummary `json:"new"`
	// Scenarios are what both sides ran.
	Scenarios []Scenario `json:"scenarios"`
	// OnlyOld and OnlyNew are what one side ran.
	OnlyOld []string `json:"only_old,omitempty"`
	OnlyNew []string `json:"only_new,omitempty"`

	Alpha         float64 `json:"alpha"`
	MinLatency    float64 `json:"min_latency_effect"`
	MinThroughput float64 `json:"min_throughput_effect"`
	// Figures is how many figures were judged, which share Alpha.
	Figures int `json:"figures_judged"`
	// Regressions are what got worse, for people.
	Regressions []string `json:"regressions"`
}

// SideSummary is one side for readers.
type SideSummary struct {
	Path    string       `json:"path"`
	Runs    []RunSummary `json:"runs"`
	Skipped []Skipped    `json:"skipped,omitempty"`
}

// RunSummary is one run of a side.
type RunSummary struct {
	Path    string `json:"path"`
	Target  string `json:"target"`
	Version string `json:"version,omitempty"`
	Seed    int64  `json:"seed"`
	Verdict string `json:"verdict"`
}

// Scenario is what both sides ran, compared.
type Scenario struct {
	Name        string       `json:"name"`
	OldRuns     int          `json:"old_runs"`
	NewRuns     int          `json:"new_runs"`
	Differences []Difference `json:"differences,omitempty"`
	Promises    []Promise    `json:"promises"`
	Anomalies   []Anomaly    `json:"anomalies,omitempty"`
	Figures     []Figure     `json:"figures,omitempty"`
	// Notes say what a reader should know of how far the comparison goes.
	Notes []string `json:"notes,omitempty"`

	questions []question
}

// Regressed says that something got worse.
func (c Comparison) Regressed() bool { return len(c.Regressions) > 0 }

// Compare compares two sides. Its error is that they have nothing in common. The same
// sides give the same comparison.
func Compare(old, new Side, o Options) (Comparison, error) {
	o = o.withDefaults()
	c := Comparison{
		Old: summarize(old), New: summarize(new),
		Alpha: o.Alpha, MinLatency: o.MinLatency, MinThroughput: o.MinThroughput,
	}
	pairs, onlyOld, onlyNew, err := match(old, new)
	if err != nil {
		return c, err
	}
	c.OnlyOld, c.OnlyNew = onlyOld, onlyNew
	for _, p := range pairs {
		c.Scenarios = append(c.Scenarios, prepare(p, o))
	}
	c.measure(o)
	for _, s := range c.Scenarios {
		c.Regressions = append(c.Regressions, s.regressions(len(c.Scenarios) > 1)...)
	}
	return c, nil
}

func summarize(s Side) SideSummary {
	summary := SideSummary{Path: s.Path, Skipped: s.Skipped}
	for _, r := range s.Runs {
		summary.Runs = append(summary.Runs, RunSummary{r.Dir, r.Target, r.Version, r.Seed, string(r.Status)})
	}
	return summary
}

// prepare compares what needs no figures, and finds out which figures there are.
func prepare(p pair, o Options) Scenario {
	s := Scenario{
		Name: p.name, OldRuns: len(p.old), NewRuns: len(p.new),
		Differences: differences(p), Promises: promises(p, o.Alpha), Anomalies: anomalies(p, o.Alpha),
	}
	all, faults := incomparable(s.Differences)
	s.questions = questions(p, all, faults)
	s.Notes = notes(p)
	return s
}

func notes(p pair) []string {
	var all []string
	if len(p.old) == 1 || len(p.new) == 1 {
		all = append(all, "One run cannot tell by how much runs differ anyway. Compare directories of several runs, such as those of several seeds, before blaming the system for a change of its figures.")
	}
	for _, runs := range [][]Run{p.old, p.new} {
		for _, r := range runs {
			if r.noFigures != "" {
				all = append(all, r.Dir+" has no figures: "+r.noFigures)
			}
		}
	}
	return all
}

// measure judges the figures of all scenarios, which share the probability of a false
// alarm.
func (c *Comparison) measure(o Options) {
	for _, s := range c.Scenarios {
		for _, q := range s.questions {
			if figures, _ := q.figures(); q.refused == "" {
				c.Figures += len(figures)
			}
		}
	}
	tail := o.Alpha / float64(max(1, c.Figures))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range c.Scenarios {
		s := &c.Scenarios[i]
		for _, q := range s.questions {
			s.Figures = append(s.Figures, q.answer(o, tail, random)...)
		}
	}
}
