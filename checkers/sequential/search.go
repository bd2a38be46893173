package sequential

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/assaykit/assay/checkers/session/trace"
)

// outcome is how a search ended.
type outcome uint8

const (
	undecided outcome = iota // out of time
	tooBig                   // out of memory
	legal
	illegal
)

// problem is some operations that are to be put in order.
type problem struct {
	trace *trace.Trace
	// lines are the acknowledged operations of each session, in its order.
	lines [][]int32
	// stragglers are those of unknown outcome. Each may come at any time after the
	// acknowledged ones before it, or never.
	stragglers []straggler
	// keys are the registers.
	keys []int32
}

type straggler struct {
	op int32
	// line is its session's, and after how many operations of it were
	// acknowledged before it was invoked.
	line, after int32
}

// newProblem takes some operations, in the order of their invocations. Those of
// unknown outcome that make no difference are left out: what they left is found by
// nobody, and no refused compare-and-set may need it.
func newProblem(t *trace.Trace, ops []int32) *problem {
	p := &problem{trace: t}
	found, refused, known := make([]bool, len(t.Values)), make([]bool, len(t.Keys)), make([]bool, len(t.Keys))
	for _, i := range ops {
		op := &t.Ops[i]
		if op.Finds() {
			found[op.Found] = true
		}
		refused[op.Key] = refused[op.Key] || op.Kind == trace.Mismatch
	}
	lines := make([]int32, t.Sessions) // of each session, one more than the place of its line
	for _, i := range ops {
		op := &t.Ops[i]
		if lines[op.Session] == 0 {
			p.lines = append(p.lines, nil)
			lines[op.Session] = int32(len(p.lines))
		}
		at := lines[op.Session] - 1
		switch {
		case op.Acknowledged:
			p.lines[at] = append(p.lines[at], i)
		case found[op.Left] || refused[op.Key]:
			p.stragglers = append(p.stragglers, straggler{i, at, int32(len(p.lines[at]))})
		default:
			continue
		}
		if !known[op.Key] {
			known[op.Key] = true
			p.keys = append(p.keys, op.Key)
		}
	}
	return p
}

// search looks for an order. The forced one, if it is given, only saves it from
// trying what cannot be.
func (p *problem) search(ctx context.Context, forced *forced, memory int) outcome {
	s := newState(p, forced)
	var known failures
	var path []branch
	for steps := 0; ; steps++ {
		if steps%256 == 0 && ctx.Err() != nil {
			return undecided
		}
		s.takeReads()
		if s.left == 0 {
			return legal
		}
		if memory < 0 {
			return tooBig
		}
		next := branch{taken: len(s.taken)}
		if !known.has(s) {
			next.choices = s.choices()
		}
		path = append(path, next)
		for {
			top := &path[len(path)-1]
			s.undo(top.taken)
			if len(top.choices) > 0 {
				s.take(top.choices[0])
				top.choices = top.choices[1:]
				break
			}
			memory -= known.add(s)
			if path = path[:len(path)-1]; len(path) == 0 {
				return illegal
			}
		}
	}
}

// failures are states from which no order goes on, by how many operations were
// taken.
type failures map[int]map[string]struct{}

func (f failures) has(s *state) bool {
	same := f[len(s.taken)]
	if same == nil {
		return false
	}
	_, known := same[s.name()]
	return known
}

// add adds a state, and returns how much memory that takes.
func (f *failures) add(s *state) int {
	if *f == nil {
		*f = failures{}
	}
	same := (*f)[len(s.taken)]
	if same == nil {
		same = map[string]struct{}{}
		(*f)[len(s.taken)] = same
	}
	name := s.name()
	same[name] = struct{}{}
	return len(name) + 64
}

// branch is a place in the search at which there are choices left.
type branch struct {
	// taken is how many operations were taken before.
	taken   int
	choices []move
}

// move is the next operation of a line, or a straggler, which comes after the
// lines.
type move struct {
	op, from int32
}

// state is how far an order has got.
type state struct {
	*problem
	forced *forced
	// at is how much of each line was taken, and came which stragglers.
	at   []int32
	came []bool
	// holds is the value of each register.
	holds []int32
	// finders are how many acknowledged operations still have to find a value, and
	// writers how many may still leave it.
	finders, writers []int32
	// open are how many operations of each register are left.
	open  []int32
	left  int
	taken []undo
}

// undo is a move, and what the register held before.
type undo struct {
	move
	held int32
}

func newState(p *problem, f *forced) *state {
	s := &state{problem: p, forced: f, at: make([]int32, len(p.lines)), came: make([]bool, len(p.stragglers)),
		holds: make([]int32, len(p.trace.Keys)), open: make([]int32, len(p.trace.Keys)),
		finders: make([]int32, len(p.trace.Values)), writers: make([]int32, len(p.trace.Values))}
	for _, key := range p.keys {
		s.holds[key] = p.trace.Keys[key].Initial
	}
	for _, line := range p.lines {
		s.left += len(line)
		for _, i := range line {
			s.count(&p.trace.Ops[i], 1)
		}
	}
	for _, w := range p.stragglers {
		s.count(&p.trace.Ops[w.op], 1)
	}
	if f != nil {
		f.begin()
	}
	return s
}

func (s *state) count(op *trace.Op, by int32) {
	s.open[op.Key] += by
	if op.Finds() && op.Acknowledged {
		s.finders[op.Found] += by
	}
	if op.Changes() {
		s.writers[op.Left] += by
	}
}

func (s *state) take(m move) {
	op := &s.trace.Ops[m.op]
	s.taken = append(s.taken, undo{m, s.holds[op.Key]})
	if op.Changes() {
		s.holds[op.Key] = op.Left
	}
	s.count(op, -1)
	if op.Acknowledged {
		s.left--
		s.at[m.from]++
	} else {
		s.came[int(m.from)-len(s.lines)] = true
	}
	if s.forced != nil {
		s.forced.take(m.op)
	}
}

func (s *state) undo(until int) {
	for len(s.taken) > until {
		u := s.taken[len(s.taken)-1]
		s.taken = s.taken[:len(s.taken)-1]
		op := &s.trace.Ops[u.op]
		if s.forced != nil {
			s.forced.undo(u.op)
		}
		if op.Acknowledged {
			s.left++
			s.at[u.from]--
		} else {
			s.came[int(u.from)-len(s.lines)] = false
		}
		s.count(op, 1)
		s.holds[op.Key] = u.held
	}
}

// takeReads takes every operation that can come next, finds what is there, and
// changes nothing: in any order to come it might as well be here.
func (s *state) takeReads() {
	for again := true; again; {
		again = false
		for line := range s.lines {
			for {
				i, is := s.next(line)
				if !is || s.trace.Ops[i].Changes() || !s.fits(i) {
					break
				}
				s.take(move{i, int32(line)})
				again = true
			}
		}
	}
}

// next is the next operation of a line, if there is one that nothing else has to
// come before.
func (s *state) next(line int) (int32, bool) {
	if int(s.at[line]) == len(s.lines[line]) {
		return trace.None, false
	}
	i := s.lines[line][s.at[line]]
	return i, s.forced == nil || s.forced.ready(i)
}

// fits says whether the register holds what an operation found.
func (s *state) fits(i int32) bool {
	op := &s.trace.Ops[i]
	switch held := s.holds[op.Key]; {
	case op.Finds():
		return held == op.Found
	case op.Kind == trace.Mismatch:
		return held != op.Found
	}
	return true
}

// overwrites says whether an operation may take a value away: not if somebody
// still has to find it, and nobody will leave it again.
func (s *state) overwrites(i int32) bool {
	op := &s.trace.Ops[i]
	held := s.holds[op.Key]
	finders := s.finders[held]
	if op.Finds() && op.Acknowledged {
		finders--
	}
	return finders <= 0 || s.writers[held] > 0
}

// choices are the changes that can come next, those first that were done first.
func (s *state) choices() []move {
	var moves []move
	add := func(i, from int32) {
		if s.fits(i) && s.overwrites(i) {
			moves = append(moves, move{i, from})
		}
	}
	for line := range s.lines {
		if i, is := s.next(line); is && s.trace.Ops[i].Changes() {
			add(i, int32(line))
		}
	}
	for n, w := range s.stragglers {
		if !s.came[n] && s.at[w.line] >= w.after && (s.forced == nil || s.forced.ready(w.op)) {
			add(w.op, int32(len(s.lines)+n))
		}
	}
	slices.SortStableFunc(moves, func(a, b move) int { return cmp.Compare(s.trace.Ops[a.op].Due, s.trace.Ops[b.op].Due) })
	return moves
}

// name tells a state from all others from which other orders can follow.
func (s *state) name() string {
	name := make([]byte, 0, 2*len(s.at)+len(s.came)/8+2*len(s.keys))
	for _, at := range s.at {
		name = binary.AppendUvarint(name, uint64(at))
	}
	bits, n := byte(0), 0
	for i, came := range s.came {
		if came {
			bits |= 1 << (i % 8)
		}
		if n++; n == 8 || i == len(s.came)-1 {
			name = append(name, bits)
			bits, n = 0, 0
		}
	}
	for _, key := range s.keys {
		if s.open[key] > 0 {
			name = binary.AppendUvarint(name, uint64(s.holds[key]))
		}
	}
	return string(name)
}
