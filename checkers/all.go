package checkers

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/assaykit/assay/harness/history"
)

// All is a checker that asks all the others, a few at a time, and merges what
// they say. They share the budget of the context. One that returns an error or
// panics has not judged: its part is Unknown, and the others' verdicts stand.
func All(name string, cs ...Checker) Checker { return all{name, cs} }

type all struct {
	name     string
	checkers []Checker
}

func (a all) Name() string { return a.name }

func (a all) About() string {
	names := make([]string, len(a.checkers))
	for i, c := range a.checkers {
		names[i] = c.Name()
	}
	return "all of: " + strings.Join(names, ", ")
}

func (a all) Check(ctx context.Context, h *history.History) (Verdict, error) {
	parts := make([]Verdict, len(a.checkers))
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	var running sync.WaitGroup
	for i, c := range a.checkers {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			parts[i] = ask(ctx, c, h)
		})
	}
	running.Wait()
	return Merge(a.name, parts...), nil
}

// ask is a checker's verdict, or an Unknown one that says why there is none.
func ask(ctx context.Context, c Checker, h *history.History) (v Verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = failed(c, fmt.Sprintf("panicked: %v, at %s", p, debug.Stack()))
		}
	}()
	v, err := c.Check(ctx, h)
	if err != nil {
		return failed(c, "failed: "+err.Error())
	}
	return v
}

func failed(c Checker, how string) Verdict {
	return Verdict{Checker: c.Name(), Validity: Unknown, Reason: "the checker itself " + how}
}
