package catalogue

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Attempt is one run of a row.
type Attempt struct {
	Row  Row
	Seed int64
	// Code is the exit code of `assay test`.
	Code int
	Took time.Duration
}

// AsExpected tells whether the run ended as its row says.
func (a Attempt) AsExpected() bool {
	if a.Row.Invalid {
		return a.Code == 1
	}
	return a.Code == 0
}

// Runner executes `assay test` as the row says, with the seed, and returns its
// exit code.
type Runner func(ctx context.Context, row Row, seed int64) (code int, err error)

// Try runs every row with every seed, several at a time, and tells log about
// each. It stops early when the context ends.
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
			code, err := run(ctx, todo.Row, todo.Seed)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			todo.Code, todo.Took = code, time.Since(began)
			attempts = append(attempts, todo)
			fmt.Fprintf(log, "%s seed %d: exit %d after %s%s\n", todo.Row.ID, todo.Seed, code, todo.Took.Round(time.Second), remark(todo))
		})
	}
	all.Wait()
	return attempts, failed
}

func remark(a Attempt) string {
	if a.AsExpected() {
		return ""
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
	if _, err := fmt.Fprint(w, "| experiment | `assay test ...` | must be | was |\n|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, row := range rows {
		right, of := 0, 0
		for _, a := range attempts {
			if a.Row.ID == row.ID {
				of++
				if a.AsExpected() {
					right++
				}
			}
		}
		if _, err := fmt.Fprintf(w, "| %s | `%s` | %s | %d of %d |\n", row.About, command(row), row.Must(), right, of); err != nil {
			return err
		}
	}
	return nil
}

// Must is the verdict that has to come out.
func (r Row) Must() string {
	if r.Invalid {
		return "invalid"
	}
	return "valid"
}

func command(r Row) string { return strings.Join(r.Args, " ") }
