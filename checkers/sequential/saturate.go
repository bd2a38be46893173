package sequential

import (
	"context"
	"sort"

	"github.com/assaykit/assay/checkers/session/trace"
)

// mostCells is how many numbers the saturation may keep: for each node, one for
// each session. It is a matter of memory and time.
const mostCells = 30_000_000

// saturation adds to what is forced: if somebody who met a version of a register
// has to come before somebody who met another one, the first version is over
// before the other one comes. (After Biswas and Enea, who call it the saturation
// of the commit order.)
type saturation struct {
	*forced
	chains *chains
	// lines is how many sessions there are, line the one of each operation, and
	// place its place there. Only acknowledged operations are in a line.
	lines       int
	line, place []int32
	// keys are the registers, and by each of them the sessions that met its
	// versions.
	keys map[int32]map[int32][]met
	// clocks are, for each node, how many operations of each line have to come
	// before it or are it itself, and before what they were when something was last
	// added.
	clocks, before []int32
}

func newSaturation(f *forced, c *chains) *saturation {
	s := &saturation{forced: f, chains: c, line: make([]int32, len(f.trace.Ops)), place: make([]int32, len(f.trace.Ops)),
		keys: map[int32]map[int32][]met{}}
	lines, lengths := map[int32]int32{}, []int32{}
	for _, i := range f.ops {
		op := &f.trace.Ops[i]
		s.line[i] = trace.None
		if !op.Acknowledged {
			continue
		}
		at, is := lines[op.Session]
		if !is {
			at = int32(len(lengths))
			lines[op.Session], lengths = at, append(lengths, 0)
		}
		lengths[at]++
		s.line[i], s.place[i] = at, lengths[at]
	}
	s.lines = len(lengths)
	return s
}

// meetings collects who met which versions.
func (s *saturation) meetings() {
	for _, i := range s.ops {
		op := &s.trace.Ops[i]
		if s.line[i] == trace.None {
			continue
		}
		v, known := s.found(op)
		if op.Changes() {
			v, known = i, true
		}
		if !known {
			continue
		}
		if s.keys[op.Key] == nil {
			s.keys[op.Key] = map[int32][]met{}
		}
		s.keys[op.Key][s.line[i]] = append(s.keys[op.Key][s.line[i]], met{v, i})
	}
}

// extend adds what follows, given the nodes in an order of the links. It returns
// false if nothing does, or if it would take too much.
func (s *saturation) extend(ctx context.Context, order []int32) bool {
	if s.nodes()*s.lines > mostCells {
		return false
	}
	if len(s.keys) == 0 {
		s.meetings()
	}
	s.before, s.clocks = s.clocks, s.before
	s.wind(order)
	links := len(s.links)
	for n, i := range s.ops {
		if n%1024 == 0 && ctx.Err() != nil {
			break
		}
		op := &s.trace.Ops[i]
		if !op.Certain {
			continue
		}
		v, known := s.found(op)
		if op.Changes() && !known {
			v, known = i, true
		}
		if known {
			s.compare(i, v)
		}
	}
	return len(s.links) > links
}

// wind sets the clocks (Mattern, Virtual Time and Global States of Distributed
// Systems, 1989).
func (s *saturation) wind(order []int32) {
	if s.clocks == nil {
		s.clocks = make([]int32, s.nodes()*s.lines)
	}
	if s.before == nil {
		s.before = make([]int32, s.nodes()*s.lines)
	}
	clear(s.clocks)
	for _, v := range order {
		clock := s.clock(s.clocks, v)
		if s.isOp(v) && s.line[v] != trace.None {
			clock[s.line[v]] = max(clock[s.line[v]], s.place[v])
		}
		for _, at := range s.from(v) {
			later := s.clock(s.clocks, s.links[at].to)
			for line, n := range clock {
				later[line] = max(later[line], n)
			}
		}
	}
}

// clock is the one of a node.
func (s *saturation) clock(of []int32, node int32) []int32 {
	return of[int(node)*s.lines : int(node+1)*s.lines]
}

// compare looks for the last versions that each session met before an operation,
// and lets them be over before the one that it met comes.
func (s *saturation) compare(i, v int32) {
	now, then := s.clock(s.clocks, i), s.clock(s.before, i)
	for line, meetings := range s.keys[s.trace.Ops[i].Key] {
		if line == s.line[i] || now[line] == then[line] {
			continue
		}
		until, known := s.metUntil(meetings, now[line]), s.metUntil(meetings, then[line])
		if until == known {
			continue
		}
		if last := meetings[until-1]; last.version != v {
			s.linkVersions(s.chains, reached, last, met{v, i})
		}
	}
}

// metUntil is how many of a session's meetings came before a place of its line or
// there.
func (s *saturation) metUntil(meetings []met, place int32) int {
	return sort.Search(len(meetings), func(n int) bool { return s.place[meetings[n].by] > place })
}
