package catalogue

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Attempt is one run of a row.
type Attempt struct {
	Row  Row
	Seed int64
	Outcome
	Took time.Duration
}

// AsExpected tells whether the run ended as its row says: with that verdict and, where
// the row names findings, with one of them.
func (a Attempt) AsExpected() bool {
	if !a.Row.Invalid {
		return a.Code == 0
	}
	found := len(a.Row.Findings) == 0
	for _, name := range a.Anomalies {
		found = found || slices.Contains(a.Row.Findings, name)
	}
	return a.Code == 1 && found
}

// Runner executes `assay test` as the row says, with the seed.
type Runner func(ctx context.Context, row Row, seed int64) (Outcome, error)

// Try runs every row with every seed, several at a time, and tells log about
// each. It stops early when the context ends; runs that were not over by then do not
// count.
func Try(ctx context.Context, rows []Row, seeds []int64, atOnce int, run Runner, log io.Writer) ([]Attempt, error) {
	var (
		mu       sync.Mutex
		attempts []Attempt
		failed   error
		all      sync.WaitGroup
	)
	slots := make(chan struct{}, max(1, atOnce))
	for _, todo := range plan(rows, seeds) {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			began := time.Now()
			outcome, err := run(ctx, todo.Row, todo.Seed)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = err
				return
			case ctx.Err() != nil:
				return
			}
			todo.Outcome, todo.Took = outcome, time.Since(began)
			attempts = append(attempts, todo)
			fmt.Fprintf(log, "%s seed %d: exit %d after %s%s%s\n", todo.Row.ID, todo.Seed, todo.Code, todo.Took.Round(time.Second), found(todo), remark(todo))
		})
	}
	all.Wait()
	return attempts, failed
}

// found tells what a run has found, and how soon.
func found(a Attempt) string {
	if len(a.Anomalies) == 0 {
		return ""
	}
	text := ", " + strings.Join(a.Anomalies, ", ")
	if a.Seen >= 0 {
		text += fmt.Sprintf(", the first at %.1f s", a.Seen.Seconds())
	}
	return text
}

func remark(a Attempt) string {
	if a.AsExpected() {
		return ""
	}
	if a.Why != "" {
		return " (NOT AS EXPECTED): " + a.Why
	}
	return " (NOT AS EXPECTED)"
}

func plan(rows []Row, seeds []int64) []Attempt {
	var todo []Attempt
	for _, row := range rows {
		for _, seed := range seeds {
			todo = append(todo, Attempt{Row: row, Seed: seed})
		}
	}
	return todo
}

// Table writes what came out, one row a line, as Markdown.
func Table(w io.Writer, rows []Row, attempts []Attempt) error {
	if _, err := fmt.Fprint(w, "| experiment | `assay test ...` | must be | was | seen after |\n|---|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, row := range rows {
		tried := of(row, attempts)
		if len(tried) == 0 {
			continue
		}
		right := slices.DeleteFunc(slices.Clone(tried), func(a Attempt) bool { return !a.AsExpected() })
		if _, err := fmt.Fprintf(w, "| %s | `%s` | %s | %d of %d | %s |\n", row.About, row.Command(), row.Must(), len(right), len(tried), typical(right)); err != nil {
			return err
		}
	}
	return nil
}

func of(row Row, attempts []Attempt) (tried []Attempt) {
	for _, a := range attempts {
		if a.Row.ID == row.ID {
			tried = append(tried, a)
		}
	}
	return tried
}

// typical is the median of the times until the first finding was complete. A finding that
// only the final reads show has none.
func typical(attempts []Attempt) string {
	var times []time.Duration
	atEnd := false
	for _, a := range attempts {
		if a.Seen >= 0 {
			times = append(times, a.Seen)
		} else if a.Row.Invalid {
			atEnd = true
		}
	}
	slices.Sort(times)
	switch {
	case len(times) > 0:
		return fmt.Sprintf("%.0f s", times[len(times)/2].Seconds())
	case atEnd:
		return "the end"
	}
	return ""
}

// Must is the verdict that has to come out.
func (r Row) Must() string {
	if r.Invalid {
		return "invalid"
	}
	return "valid"
}

// Command is what follows `assay test`, as a shell takes it.
func (r Row) Command() string {
	shown := slices.Clone(r.Args)
	for i, arg := range shown {
		if strings.ContainsAny(arg, " ;|&()") {
			shown[i] = "'" + arg + "'"
		}
	}
	return strings.Join(shown, " ")
}
