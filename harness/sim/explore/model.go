package explore

import (
	"context"
	"errors"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim/explore/internal/identity"
)

// Model is anything that has states and steps. S is a plain Go type; its values are
// not changed once they were handed over.
type Model[S any] struct {
	// Initial are the states in which it can begin.
	Initial []S
	// Next calls step for each step that is possible in a state, with its name and
	// the state that it leads to. It depends on the state alone.
	Next func(s S, step func(name string, to S))
	// Boundary, if there is one, keeps the search to the states for which it is
	// true.
	Boundary   func(S) bool
	Properties []Property[S]
	// Symmetries, if there is one, calls same for each of the states that differ
	// from s in nothing that matters, such as the names of equal members: the whole
	// orbit of s under a group of permutations. Of each orbit one state is visited.
	// Properties must not tell the states of an orbit apart.
	Symmetries func(s S, same func(S))
	// Text shows a state to people; what it consists of is shown without it.
	Text func(S) string
}

// Explore implements Explorer.
func (m Model[S]) Explore(ctx context.Context, o Options) (*Result, error) {
	of, err := identity.New[S]()
	switch {
	case err != nil:
		return nil, fmt.Errorf("the states of the model cannot be told apart: %w", err)
	case m.Next == nil || len(m.Initial) == 0:
		return nil, errors.New("a model needs an initial state and a function Next")
	case o.Exact && m.Symmetries != nil:
		return nil, errExactOrbits
	}
	if m.Text == nil {
		m.Text = func(s S) string { return identity.Text(s) }
	}
	return run(ctx, modelSpace[S]{m, of}, o)
}

type modelSpace[S any] struct {
	Model[S]
	of identity.Of[S]
}

func (m modelSpace[S]) expander() expander[S] { return &modelExpander[S]{modelSpace: m} }

func (m modelSpace[S]) judged() []judged { return namesOf(m.Properties) }

func namesOf[V any](properties []Property[V]) []judged {
	all := make([]judged, len(properties))
	for i, p := range properties {
		all[i] = judged{p.name, p.kind}
	}
	return all
}

func (m modelSpace[S]) figures() (reactions, locals int) { return 0, 0 }

func (m modelSpace[S]) lanes() (nodes, clients []string) { return nil, nil }

// modelExpander is one goroutine's. Buffer is for what tells a state from others.
type modelExpander[S any] struct {
	modelSpace[S]
	buffer []byte
	names  []string
}

func (e *modelExpander[S]) initial(o *out[S]) {
	for i, s := range e.Initial {
		e.reach(s, i, o)
	}
}

func (e *modelExpander[S]) expand(s S, _ uint64, o *out[S]) {
	defer func() {
		if p := recover(); p != nil {
			o.fail(act{}, panicError{fmt.Sprintf("the model panics in state %s: %v", e.Text(s), p)})
		}
	}()
	i := 0
	e.Next(s, func(_ string, to S) {
		e.reach(to, i, o)
		i++
	})
}

func (e *modelExpander[S]) reach(s S, number int, o *out[S]) {
	if e.Boundary != nil && !e.Boundary(s) {
		o.bounded = true
		return
	}
	f, err := e.fingerprint(s)
	if err != nil {
		o.fail(act{}, fmt.Errorf("a state of the model cannot be told from others: %w", err))
		return
	}
	if o.reach(f, act{branch: number}, 1) {
		o.keep(f, s)
	}
}

// fingerprint is that of the state, or the smallest one in its orbit.
func (e *modelExpander[S]) fingerprint(s S) (uint64, error) {
	smallest, err := e.plainFingerprint(s)
	if e.Symmetries == nil || err != nil {
		return smallest, err
	}
	e.Symmetries(s, func(same S) {
		f, failed := e.plainFingerprint(same)
		if failed != nil {
			err = failed
		}
		smallest = min(smallest, f)
	})
	return smallest, err
}

func (e *modelExpander[S]) plainFingerprint(s S) (uint64, error) {
	var err error
	e.buffer, err = e.of.Append(e.buffer[:0], &s)
	return fingerprint(e.buffer), err
}

func (e *modelExpander[S]) judge(s S, o *out[S]) {
	for i, p := range e.Properties {
		switch p.kind {
		case AlwaysKind:
			if p.judge(s) != nil {
				o.found(i)
			}
		case SometimesKind:
			if !o.shown[i] && p.judge(s) == nil {
				o.found(i)
			}
		}
	}
}

func (e *modelExpander[S]) holds(property int, s S) error { return e.Properties[property].judge(s) }

func (e *modelExpander[S]) identity(to []byte, s S) []byte {
	to, _ = e.of.Append(to, &s)
	return to
}

func (e *modelExpander[S]) describe(from S, a act, to S) Step {
	e.names = e.names[:0]
	e.Next(from, func(name string, _ S) { e.names = append(e.names, name) })
	return Step{Label: e.names[a.branch], State: e.Text(to)}
}

func (e *modelExpander[S]) attempt(S, act) Step { return Step{Label: "panic"} }

func (e *modelExpander[S]) start(s S) Step {
	return Step{Label: "begin", Action: Begin, State: e.Text(s)}
}

func (e *modelExpander[S]) explain(int, *history.History) *checkers.Verdict { return nil }

func (e *modelExpander[S]) due(S) []uint64 { return nil }
