package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/harness/history"
)

// NotCausal is the anomaly of keys that contradict each other.
const NotCausal = "not-causal"

// NewCausal is a checker of all four guarantees together and across keys, which is
// causal consistency (Brzezinski, Sobaniec and Wawrzyniak, From Session Causality
// to Causal Consistency, 2004). An operation knows of another one if that came
// before it in its session, or left what it found, or by several such steps. Then
// versions have to be in an order in which whoever finds a version knows of none
// on its key that is newer, and a version that knows of another one is newer than
// that. There is such an order if and only if these demands form no cycle (Biswas
// and Enea, On the Complexity of Checking Transactional Consistency, 2019).
//
// It takes time and memory that are proportional to the number of operations times
// that of sessions, and is Unknown where that is too much. What is said of values
// that were written twice holds here too.
func NewCausal(o Options) checkers.Checker { return causal{o} }

// mostCells is how many numbers may be kept, one for each operation and session.
const mostCells = 60_000_000

type causal struct{ Options }

func (causal) Name() string { return "causal consistency" }
func (causal) About() string {
	return "nobody finds a version who knows, by what it did and found on all keys, of a newer one"
}

func (c causal) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	t, err := trace.Parse(h, c.Clients)
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	return JudgeCausal(ctx, t), nil
}

// JudgeCausal is the verdict of that checker on what was parsed already.
func JudgeCausal(ctx context.Context, t *trace.Trace) checkers.Verdict {
	v := checkers.Verdict{Checker: causal{}.Name()}
	unwritten, n := t.Unwritten()
	k := newKnowledge(t)
	switch {
	case n > 0:
		v.Validity, v.Findings = checkers.Invalid, unwritten
		v.Reason = fmt.Sprintf("%s a value that nobody had written by then", checkers.Count(n, "operation found", "operations found"))
		return v
	case t.Acknowledged() == 0:
		v.Reason = "no operation was answered: there is nothing to judge"
		return v
	case len(t.Ops)*k.lines > mostCells:
		v.Reason = fmt.Sprintf("%s in %s are too many to say what each knew", checkers.Count(len(t.Ops), "operation"), checkers.Count(t.Sessions, "session"))
		return v
	}
	switch cycle := k.contradiction(ctx); {
	case cycle != nil:
		v.Validity, v.Findings = checkers.Invalid, []checkers.Finding{k.tell(cycle)}
		v.Reason = fmt.Sprintf("not causally consistent: %s know of each other what cannot be", checkers.Count(len(v.Findings[0].Context), "operation"))
	case ctx.Err() != nil:
		v.Reason = "out of time"
	case t.Obscure() > 0:
		v.Reason = fmt.Sprintf("whether it is causally consistent cannot be told: %s a value of which nobody can tell who wrote it", checkers.Count(t.Obscure(), "operation found", "operations found"))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s in %s are causally consistent", checkers.Count(len(t.Ops), "operation"), checkers.Count(t.Sessions, "session"))
	}
	return v
}

// knowledge is which operations know of which. Operations and versions have the
// same numbers, as everywhere in this package.
type knowledge struct {
	trace *trace.Trace
	// steps are from each operation to those that know of it at once.
	steps []arrow
	// lines is how many sessions have acknowledged operations, line the one of each
	// operation, or None, and place its place there, from 1.
	lines       int
	line, place []int32
	// met are, by key and line, the versions that a session found or left there.
	met map[place]([]touch)
	// on are the lines that met versions of a key.
	on [][]int32
}

func newKnowledge(t *trace.Trace) *knowledge {
	k := &knowledge{trace: t, line: make([]int32, len(t.Ops)), place: make([]int32, len(t.Ops)),
		met: map[place][]touch{}, on: make([][]int32, len(t.Keys))}
	lines, lengths, last := make([]int32, t.Sessions), []int32{}, make([]int32, t.Sessions)
	for s := range lines {
		lines[s], last[s] = trace.None, trace.None
	}
	for i := range int32(len(t.Ops)) {
		op := &t.Ops[i]
		k.line[i] = trace.None
		if !op.Certain || op.Kind == trace.Mismatch {
			continue
		}
		if before := last[op.Session]; before != trace.None {
			k.steps = append(k.steps, arrow{before, i})
		}
		if v, known := found(t, op); known && int(v) < len(t.Ops) {
			k.steps = append(k.steps, arrow{v, i})
		}
		if !op.Acknowledged {
			continue
		}
		if lines[op.Session] == trace.None {
			lines[op.Session], lengths = int32(len(lengths)), append(lengths, 0)
		}
		at := lines[op.Session]
		lengths[at]++
		last[op.Session], k.line[i], k.place[i] = i, at, lengths[at]
		k.meet(i, at)
	}
	k.lines = len(lengths)
	return k
}

// meet notes the last version that an acknowledged operation found or left.
func (k *knowledge) meet(i, line int32) {
	op := &k.trace.Ops[i]
	v, known := found(k.trace, op)
	if op.Changes() {
		v, known = i, true
	}
	if !known || int(v) >= len(k.trace.Ops) {
		return
	}
	at := place{line, op.Key}
	if k.met[at] == nil {
		k.on[op.Key] = append(k.on[op.Key], line)
	}
	k.met[at] = append(k.met[at], touch{i, v})
}

// clocks are, for each operation, how many of each line it knows of, itself among
// them (Mattern, Virtual Time and Global States of Distributed Systems, 1989).
func (k *knowledge) clocks(order []int32, steps *outgoing) []int32 {
	clocks := make([]int32, len(k.trace.Ops)*k.lines)
	clock := func(i int32) []int32 { return clocks[int(i)*k.lines : int(i+1)*k.lines] }
	for _, i := range order {
		mine := clock(i)
		if k.line[i] != trace.None {
			mine[k.line[i]] = k.place[i]
		}
		for _, by := range steps.from(i) {
			later := clock(by)
			for line, n := range mine {
				later[line] = max(later[line], n)
			}
		}
	}
	return clocks
}

// contradiction is the shortest cycle of demands, or nil.
func (k *knowledge) contradiction(ctx context.Context) []step {
	steps := sorted(len(k.trace.Ops), k.steps)
	order := steps.topological()
	if len(order) < len(k.trace.Ops) {
		return k.cycle(nil)
	}
	clocks := k.clocks(order, steps)
	var demands []step
	for i := range int32(len(k.trace.Ops)) {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil
		}
		op := &k.trace.Ops[i]
		v, known := found(k.trace, op)
		if !known || !op.Certain {
			continue
		}
		demands = k.demand(demands, i, v, clocks[int(i)*k.lines:int(i+1)*k.lines])
	}
	all := slices.Clone(k.steps)
	for _, d := range demands {
		if int(d.to) >= len(k.trace.Ops) {
			return k.cycle(demands)
		}
		all = append(all, arrow{d.from, d.to})
	}
	if len(sorted(len(k.trace.Ops), all).topological()) < len(k.trace.Ops) {
		return k.cycle(demands)
	}
	return nil
}

// demand adds that the versions of which an operation knows are no newer than the
// one that it found: the last that each session met is enough, for that session
// knew the others.
func (k *knowledge) demand(demands []step, i, v int32, clock []int32) []step {
	key := k.trace.Ops[i].Key
	for _, line := range k.on[key] {
		met := k.met[place{line, key}]
		until := clock[line]
		if k.line[i] == line {
			until--
		}
		n := sort.Search(len(met), func(n int) bool { return k.place[met[n].op] > until })
		if n > 0 && met[n-1].node != v {
			demands = append(demands, step{met[n-1].node, v, knew, met[n-1].op, i})
		}
	}
	return demands
}

// cycle is the shortest cycle of steps and demands.
func (k *knowledge) cycle(more []step) []step {
	d := newDemands(k.trace)
	for _, s := range k.steps {
		why := inSession
		if v, known := found(k.trace, &k.trace.Ops[s.newer]); known && v == s.older {
			why = left
		}
		d.link(d.nodeOf(s.older), arc{d.nodeOf(s.newer), why, s.older, s.newer})
	}
	ops := int32(len(k.trace.Ops))
	written := map[int32]bool{}
	for _, m := range more {
		d.link(d.nodeOf(m.from), arc{d.nodeOf(m.to), knew, m.earlier, m.later})
		if m.to >= ops && !written[m.from] {
			written[m.from] = true
			d.link(d.nodeOf(m.to), arc{d.nodeOf(m.from), initial, trace.None, trace.None})
		}
	}
	return d.cycle()
}

// path is the shortest way on which the second operation knows of the first, in
// steps, without the first.
func (k *knowledge) path(from, to int32) []int32 {
	steps := sorted(len(k.trace.Ops), k.steps)
	came := map[int32]int32{from: trace.None}
	for queue := []int32{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range steps.from(queue[0]) {
			if _, known := came[next]; !known {
				came[next] = queue[0]
				queue = append(queue, next)
			}
		}
		if _, reached := came[to]; reached {
			break
		}
	}
	var path []int32
	for at := to; at != from; at = came[at] {
		path = append(path, at)
	}
	slices.Reverse(path)
	return path
}

// tell says why a cycle is a contradiction.
func (k *knowledge) tell(c []step) checkers.Finding {
	t := k.trace
	a := account{trace: t}
	var culprits, context []int32
	var clauses []string
	keys := map[int32]bool{}
	for _, s := range c {
		clause := ""
		switch s.why {
		case initial:
			clause = "a register holds nothing only before its first write"
		case inSession:
			clause = fmt.Sprintf("%s, and after that %s", t.DidOn(s.earlier), t.DidOn(s.later))
		case left:
			clause = fmt.Sprintf("%s, and found what came from this: %s", t.DidOn(s.later), t.DidOn(s.earlier))
		case knew:
			way := k.path(s.earlier, s.later)
			context = append(context, way...)
			clause = fmt.Sprintf("%s has to be older than %s, for who found the latter knew of the former: %s", a.name(s.from), a.name(s.to), k.way(s.earlier, way))
		}
		clauses = append(clauses, clause)
		for _, i := range []int32{s.earlier, s.later} {
			if i != trace.None {
				culprits = append(culprits, i)
				keys[t.Ops[i].Key] = true
			}
		}
		context = append(context, a.writer(s.from), a.writer(s.to))
	}
	context = append(context, culprits...)
	slices.SortFunc(context, cmp.Compare[int32])
	f := checkers.Finding{Anomaly: NotCausal, Culprits: t.Invocations(culprits...), Context: t.Invocations(context...)}
	if len(keys) == 1 {
		f.Key = t.Keys[t.Ops[culprits[0]].Key].Name
	}
	f.Text = trace.Capital(trace.Clauses(clauses, "; ")) + ". So a version would have to be older than itself."
	return f
}

// way tells how one operation knows of another one.
func (k *knowledge) way(from int32, way []int32) string {
	words := []string{k.trace.DidOn(from)}
	for n, i := range way {
		before := from
		if n > 0 {
			before = way[n-1]
		}
		if v, known := found(k.trace, &k.trace.Ops[i]); known && v == before {
			words = append(words, "which was found when "+k.trace.DidOn(i))
		} else {
			words = append(words, "after which "+k.trace.DidOn(i))
		}
	}
	return trace.Clauses(words, ", ")
}
