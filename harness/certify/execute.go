package certify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/certificate"
)

// done is a cell after its run.
type done struct {
	cell
	// run is the place among the certificate's runs.
	run     int
	outcome harness.Outcome
	err     error
	history *history.History // nil if the run left none
	calls   []history.Call
}

// valid, invalid: what the run says of the promise that it asked for.
func (d done) valid() bool {
	return d.err == nil && d.outcome.Verdict.Validity == checkers.Valid
}
func (d done) invalid() bool { return d.outcome.Verdict.Validity == checkers.Invalid }

// reason says in one sentence how the run ended.
func (d done) reason() string {
	if d.err != nil && !d.invalid() {
		return "it could not take place: " + d.err.Error()
	}
	return d.outcome.Verdict.Reason
}

// execution is a plan being executed.
type execution struct {
	*Plan
	began time.Time
	log   io.Writer
	// mu guards what follows.
	mu   sync.Mutex
	done []done
	// arounds is what each run took beside its load.
	arounds []time.Duration
	failed  int
	left    []certificate.Omission
}

// Run executes the plan, tells log of every run, and makes the certificate of what was
// done until the budget or the context ended. An error is that no run could take place.
func (p *Plan) Run(ctx context.Context, log io.Writer) (*certificate.Certificate, error) {
	e := &execution{Plan: p, began: time.Now(), log: log}
	e.left = append(e.left, p.left...)
	for _, stage := range e.stages() {
		e.batch(ctx, stage.cells, stage.atOnce)
	}
	e.further(ctx)
	if len(e.done) > 0 && e.failed == len(e.done) {
		return nil, e.done[0].err
	}
	return e.certificate(ctx.Err() != nil), nil
}

// stage are runs that are made together.
type stage struct {
	cells  []cell
	atOnce int
}

// stages puts what an adopter asks first to the front, because runs may take longer than
// was expected: the claims under the first families and single kinds of partitions, then
// what has to be measured alone, then the rest.
func (e *execution) stages() []stage {
	var early, alone, late []cell
	families := e.config.families()
	for _, c := range e.first {
		urgent := c.faults == nemesis.None || slices.ContainsFunc(families[:min(2, len(families))], func(f nemesis.Spec) bool { return label(f) == c.faults })
		switch {
		case c.alone():
			alone = append(alone, c)
		case c.part == partitionsPart || c.part == claimsPart && urgent:
			early = append(early, c)
		default:
			late = append(late, c)
		}
	}
	return []stage{{early, e.config.AtOnce}, {alone, 1}, {late, e.config.AtOnce}}
}

// further tries the claims again with other seeds for as long as another run fits.
func (e *execution) further(ctx context.Context) {
	const rounds = 1000
	for round := 1; round < rounds && ctx.Err() == nil; round++ {
		cells := e.claims(e.config.families(), round)
		if len(cells) == 0 || !e.fits(cells[0]) {
			return
		}
		left := len(e.left)
		e.batch(ctx, cells, e.config.AtOnce)
		e.left = e.left[:left] // another seed that had no room is no omission
	}
}

// batch makes runs, so many at a time, and notes those for which there is no time.
func (e *execution) batch(ctx context.Context, cells []cell, atOnce int) {
	var all sync.WaitGroup
	slots := make(chan struct{}, max(1, atOnce))
	for _, c := range cells {
		slots <- struct{}{}
		why := ""
		switch {
		case ctx.Err() != nil:
			why = "it was interrupted before"
		case e.hopeless():
			why = "no run could take place"
		case !e.fits(c):
			why = "the budget was used up"
		}
		if why != "" {
			e.left = append(e.left, certificate.Omission{What: c.String(), Why: why})
			<-slots
			continue
		}
		all.Go(func() {
			defer func() { <-slots }()
			e.make(ctx, c)
		})
	}
	all.Wait()
}

// fits says whether the run will probably be over within the budget.
func (e *execution) fits(c cell) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Since(e.began)+c.test.Duration+e.around() <= e.config.Budget
}

// around is what the next run will take beside its load: as long as the second slowest
// of the last ones, if there are more than two, for a machine that is busy is so for a
// while, but an image is made only once.
func (e *execution) around() time.Duration {
	const last = 8
	some := slices.Sorted(slices.Values(e.arounds[max(0, len(e.arounds)-last):]))
	switch n := len(some); n {
	case 0:
		return e.config.Around
	case 1, 2:
		return some[n-1]
	default:
		return some[n-2]
	}
}

// hopeless says that nothing but infrastructure has been seen to fail.
func (e *execution) hopeless() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed >= 2 && e.failed == len(e.done)
}

func (e *execution) make(ctx context.Context, c cell) {
	began := time.Now()
	if e.config.CommandLine != nil {
		c.test.Provenance.CommandLine = e.config.CommandLine(c.test)
	}
	var told bytes.Buffer
	c.test.Log = &told
	d := done{cell: c}
	d.outcome, d.err = harness.Run(ctx, c.test)
	d.read()
	took := time.Since(began)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.arounds = append(e.arounds, max(0, took-c.test.Duration))
	if d.err != nil {
		e.failed++
	}
	if d.err != nil || bytes.Contains(told.Bytes(), []byte("tear down: ")) {
		_, _ = told.WriteTo(e.log)
	}
	d.run = len(e.done)
	e.done = append(e.done, d)
	fmt.Fprintf(e.log, "%s  %s, seed %d: %s: %s\n", clock(time.Since(e.began)), c, c.test.Seed, word(d), d.reason())
}

// read fetches the history, for what the verdict does not say.
func (d *done) read() {
	dir, err := results.Open(d.outcome.Dir)
	if err != nil {
		return
	}
	if d.history, _, err = history.Read(dir.HistoryPath()); err == nil {
		d.calls = d.history.Calls()
	}
}

func word(d done) string {
	if d.err != nil && !d.invalid() {
		return "infrastructure"
	}
	return d.outcome.Verdict.Validity.String()
}

func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second) / time.Second)
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
