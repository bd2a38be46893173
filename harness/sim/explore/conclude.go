package explore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/assaykit/assay/checkers"
)

// PanicProperty is the name of the property that nobody asks for, and that is part
// of a Result if it is violated.
const PanicProperty = "no node panics"

// conclude makes the result of what was found.
func (q *search[V]) conclude(ctx context.Context) (*Result, error) {
	r := &Result{Progress: q.progress(), Complete: !q.cut.Load() && q.problem == nil, Memory: q.set.Bytes()}
	if !r.Complete && q.over() {
		r.Stopped = *q.ended.Load()
	}
	r.Collision = math.Pow(float64(r.Unique), 2) / math.Pow(2, 65)
	if q.exact != nil {
		r.Collision, r.Collisions = 0, int(q.exact.collisions.Load())
	}
	if q.problem != nil {
		if err := q.tellProblem(r); err != nil {
			return nil, err
		}
	}
	for i, p := range q.space.judged() {
		j, err := q.judgement(ctx, i, p, r)
		if err != nil {
			return nil, err
		}
		r.Properties = append(r.Properties, j)
	}
	if q.problem != nil {
		r.Properties = append(r.Properties, q.panicked())
	}
	r.Reactions, r.Locals = q.space.figures()
	r.Elapsed = q.progress().Elapsed
	return r, nil
}

// panicError is a panic of an actor, which is a finding. All other problems are
// errors of the search.
type panicError struct{ text string }

func (p panicError) Error() string { return p.text }

func (q *search[V]) tellProblem(r *Result) error {
	var panicked panicError
	if errors.As(q.problem.err, &panicked) {
		r.Stopped = PanicProperty
		return nil
	}
	t, _, err := q.retrace(q.problem.at)
	if err != nil || len(t.Steps) == 0 {
		return q.problem.err
	}
	return fmt.Errorf("%w\nafter these steps:\n%s", q.problem.err, t)
}

func (q *search[V]) panicked() Judgement {
	j := Judgement{Name: PanicProperty, Kind: AlwaysKind, Validity: checkers.Invalid, Reason: q.problem.err.Error(), Violations: 1}
	if q.problem.at != 0 {
		if t, at, err := q.retrace(q.problem.at); err == nil {
			t.Steps = append(t.Steps, q.experts[0].attempt(at, q.problem.act))
			j.Trace = t
		}
	}
	return j
}

func (q *search[V]) judgement(ctx context.Context, i int, p judged, r *Result) (Judgement, error) {
	j := Judgement{Name: p.name, Kind: p.kind}
	switch p.kind {
	case SometimesKind:
		return j, q.judgeSometimes(&j, i, r)
	case EventuallyKind:
		return j, q.judgeEventually(ctx, &j, i, r)
	}
	return j, q.judgeAlways(&j, i, r)
}

func (q *search[V]) judgeAlways(j *Judgement, i int, r *Result) error {
	f := q.findings[i]
	if f.count == 0 && q.undecided(i) {
		j.Reason = "a history could not be judged within the checker's budget"
		return nil
	}
	if f.count == 0 {
		j.Validity, j.Reason = proved(r, "holds in all %d states", "holds in %d states so far")
		return nil
	}
	t, end, err := q.retrace(f.first)
	if err != nil {
		return fmt.Errorf("property %q: %w", j.Name, err)
	}
	j.Validity, j.Violations, j.Trace = checkers.Invalid, f.count, t
	if j.Kind == HistoryKind {
		return q.judgeHistory(j, i)
	}
	failure := q.experts[0].holds(i, end)
	if failure == nil {
		return fmt.Errorf("property %q: %w", j.Name, errLost)
	}
	j.Reason = fmt.Sprintf("after %s: %v", steps(len(t.Steps)), failure)
	return nil
}

func (q *search[V]) undecided(property int) bool {
	return slices.ContainsFunc(q.outs, func(o *out[V]) bool { return o.undecided[property] })
}

// judgeHistory asks the checker about the history once more, for its explanation.
func (q *search[V]) judgeHistory(j *Judgement, i int) error {
	j.Verdict = q.experts[0].explain(i, j.Trace.History())
	if j.Verdict.Validity == checkers.Valid {
		return fmt.Errorf("property %q: Assay contradicts itself about a history, which is a mistake in Assay that deserves a report: %s\n%s", j.Name, j.Verdict.Reason, j.Trace)
	}
	j.Reason = fmt.Sprintf("after %s: %s", steps(len(j.Trace.Steps)), j.Verdict.Reason)
	return nil
}

func (q *search[V]) judgeSometimes(j *Judgement, i int, r *Result) error {
	if q.findings[i].count == 0 {
		if j.Validity, j.Reason = proved(r, "", "is not the case in %d states so far"); r.Complete {
			j.Validity, j.Reason = checkers.Invalid, fmt.Sprintf("is the case in none of %d states", r.Unique)
		}
		return nil
	}
	t, _, err := q.retrace(q.findings[i].first)
	if err != nil {
		return fmt.Errorf("property %q: %w", j.Name, err)
	}
	j.Validity, j.Trace = checkers.Valid, t
	j.Reason = "is the case after " + steps(len(t.Steps))
	return nil
}

// proved is the judgement if nothing was found: it is a proof only if all states
// were visited.
func proved(r *Result, all, some string) (checkers.Validity, string) {
	if r.Complete {
		return checkers.Valid, fmt.Sprintf(all, r.Unique)
	}
	return checkers.Unknown, fmt.Sprintf(some, r.Unique) + "; the search ended: " + r.Stopped
}

func steps(n int) string { return checkers.Count(n, "step") }
