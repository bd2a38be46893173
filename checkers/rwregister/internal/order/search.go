package order

import (
	"cmp"
	"context"
	"slices"
)

// search chooses, for each open pair of chains, which of them comes first, until all
// are chosen and no circle is left, or until it is proved that there always is one.
//
// It is a conflict-driven search as in solvers of satisfiability (Marques-Silva and
// Sakallah, GRASP, 1996), in which arcs are what literals mean. A circle forbids the
// choices on it; from that it learns, by the first unique implication point, which
// choice it has to take back, and never comes into the same circle again. Circles are
// noticed by keeping the moments sorted (Pearce and Kelly, A Dynamic Topological Sort
// Algorithm for Directed Acyclic Graphs, 2006), and what agrees with that order is
// chosen first, as it costs nothing and nearly always turns out right.
func (p *problem) search(ctx context.Context, limits Limits) Result {
	if len(p.open) > limits.Pairs {
		return Result{Why: tooOpen}
	}
	s := newSearch(p)
	for steps := 0; ; steps++ {
		if steps%64 == 0 && ctx.Err() != nil {
			return Result{Why: neverDone}
		}
		conflict := s.propagate()
		switch {
		case conflict != nil && len(s.levels) == 0:
			return Result{Answer: Broken, Core: s.coreOf()}
		case conflict != nil:
			s.learn(conflict)
		case !s.choose():
			return s.confirmed()
		}
	}
}

// confirmed checks the order that was found, which needs nothing of how it was.
func (s *search) confirmed() Result {
	if s.guess(false) {
		return Result{Answer: Kept}
	}
	return Result{Why: "the order that was found does not stand the check, which is a fault of the checker"}
}

// openAll leaves all pairs open, but those with the initial states.
func (p *problem) openAll() {
	for n := range p.keys {
		for i := 1; i < len(p.keys[n].chains); i++ {
			for j := i + 1; j < len(p.keys[n].chains); j++ {
				p.open = append(p.open, pair{key: int32(n), first: int32(i), second: int32(j)})
			}
		}
	}
}

// A literal is twice the number of an open pair if its first chain comes first, one
// more if the second one does.
type literal = int32

type search struct {
	*problem
	// into are the arcs that lead to each moment, by where they begin.
	into [][]int32
	// chosen says of each literal whether it is; level and reason are those of a pair.
	chosen []bool
	level  []int32
	reason []int32
	// trail is what was chosen, in order, and levels how much of it before each choice
	// that was free. head is how much of the trail was looked at.
	trail  []literal
	levels []int
	head   int
	pushed [][]int32 // the moments from which arcs of each literal of the trail begin
	// clauses are choices that are not all possible together, by their literals; the
	// first two are watched.
	clauses [][]literal
	watches [][]int32
	next    int // the first pair that may be without a choice
	nexts   []int
	core    map[int32]bool
	// notes for paths
	mark []int32
	now  int32
	came []hop
}

const free = -1

func newSearch(p *problem) *search {
	n := len(p.open)
	s := &search{
		problem: p, into: make([][]int32, len(p.arcs)), chosen: make([]bool, 2*n), level: make([]int32, n), reason: make([]int32, n),
		watches: make([][]int32, 2*n), core: map[int32]bool{}, mark: make([]int32, len(p.arcs)), came: make([]hop, len(p.arcs)),
	}
	for m, arcs := range p.arcs {
		for _, a := range arcs {
			s.into[a.to] = append(s.into[a.to], int32(m))
		}
	}
	return s
}

// choose takes the next pair without a choice, if there is one.
func (s *search) choose() bool {
	at := s.next
	for at < len(s.open) && (s.chosen[2*at] || s.chosen[2*at+1]) {
		at++
	}
	if at == len(s.open) {
		return false
	}
	s.levels, s.nexts = append(s.levels, len(s.trail)), append(s.nexts, s.next)
	s.next = at
	lit := literal(2 * at)
	k := &s.keys[s.open[at].key]
	first, second := &k.chains[s.open[at].first], &k.chains[s.open[at].second]
	if s.rank[s.end(first.tail)] > s.rank[s.overwriting(second.head)] {
		lit++
	}
	s.take(lit, free)
	return true
}

// take notes a choice; what it means comes with propagate.
func (s *search) take(lit literal, reason int32) {
	s.chosen[lit] = true
	s.level[lit/2], s.reason[lit/2] = int32(len(s.levels)), reason
	s.trail = append(s.trail, lit)
}

// propagate draws the consequences of what was chosen. It returns the literals that
// cannot be chosen together, if there are such.
func (s *search) propagate() []literal {
	for s.head < len(s.trail) {
		lit := s.trail[s.head]
		if conflict := s.insert(lit); conflict != nil {
			return conflict
		}
		s.head++
		if conflict := s.visit(lit); conflict != nil {
			return conflict
		}
	}
	return nil
}

// visit looks at the clauses that watch a literal: if all others of a clause are
// chosen, the last one cannot be, and its opposite is.
func (s *search) visit(lit literal) []literal {
	watching := s.watches[lit]
	kept := watching[:0]
	for n, c := range watching {
		clause := s.clauses[c]
		if clause[0] == lit {
			clause[0], clause[1] = clause[1], clause[0]
		}
		if s.chosen[clause[0]^1] || s.rewatch(c, clause) {
			if s.chosen[clause[0]^1] {
				kept = append(kept, c)
			}
			continue
		}
		kept = append(kept, c)
		if s.chosen[clause[0]] {
			kept = append(kept, watching[n+1:]...)
			s.watches[lit] = kept
			return clause
		}
		s.take(clause[0]^1, c)
	}
	s.watches[lit] = kept
	return nil
}

// rewatch watches another literal that is not chosen instead of the second one.
func (s *search) rewatch(c int32, clause []literal) bool {
	for n := 2; n < len(clause); n++ {
		if !s.chosen[clause[n]] {
			clause[1], clause[n] = clause[n], clause[1]
			s.watches[clause[1]] = append(s.watches[clause[1]], c)
			return true
		}
	}
	return false
}

// insert adds the arcs of a choice. If they close a circle, the choices on it are
// returned.
func (s *search) insert(lit literal) []literal {
	o := s.open[lit/2]
	k := &s.keys[o.key]
	first, second := &k.chains[o.first], &k.chains[o.second]
	if lit%2 == 1 {
		first, second = second, first
	}
	s.pushed = append(s.pushed, nil)
	arcs := []hop{{s.end(first.tail), arc{to: s.overwriting(second.head), key: k.at, choice: lit, pair: -1, kind: Overwritten}}}
	if s.kind != Cursor {
		for _, r := range first.readers {
			if r != second.head {
				arcs = append(arcs, hop{s.begin(r), arc{to: s.end(second.head), key: k.at, choice: lit, pair: -1, kind: Missed}})
			}
		}
	}
	for _, h := range arcs {
		if circle := s.connect(h); circle != nil {
			s.noteCore(circle, o)
			s.pop()
			return s.choicesOn(circle, lit)
		}
	}
	return nil
}

// pop takes back the arcs of the last choice that has some.
func (s *search) pop() {
	last := s.pushed[len(s.pushed)-1]
	s.pushed = s.pushed[:len(s.pushed)-1]
	for n := len(last) - 1; n >= 0; n-- {
		m := last[n]
		arcs := s.arcs[m]
		to := arcs[len(arcs)-1].to
		s.arcs[m] = arcs[:len(arcs)-1]
		s.into[to] = s.into[to][:len(s.into[to])-1]
	}
}

// connect adds an arc and keeps the moments sorted, or returns the circle that it
// would close.
func (s *search) connect(h hop) []hop {
	if h.from == h.to {
		return []hop{h}
	}
	if s.rank[h.from] > s.rank[h.to] {
		ahead, circle := s.ahead(h.to, h.from)
		if circle {
			return append(s.trace(h.to, h.from), h)
		}
		s.shift(ahead, s.behind(h.from, s.rank[h.to]))
	}
	s.arcs[h.from] = append(s.arcs[h.from], h.arc)
	s.into[h.to] = append(s.into[h.to], h.from)
	s.pushed[len(s.pushed)-1] = append(s.pushed[len(s.pushed)-1], h.from)
	return nil
}

// ahead are the moments after one, up to the rank of another, unless that is one of
// them.
func (s *search) ahead(from, end int32) (found []int32, circle bool) {
	s.now++
	s.mark[from] = s.now
	found = []int32{from}
	for n := 0; n < len(found); n++ {
		for _, a := range s.arcs[found[n]] {
			if s.mark[a.to] == s.now || s.rank[a.to] > s.rank[end] {
				continue
			}
			s.mark[a.to], s.came[a.to] = s.now, hop{found[n], a}
			if a.to == end {
				return nil, true
			}
			found = append(found, a.to)
		}
	}
	return found, false
}

// behind are the moments before one, down to a rank.
func (s *search) behind(from, rank int32) []int32 {
	s.now++
	s.mark[from] = s.now
	found := []int32{from}
	for n := 0; n < len(found); n++ {
		for _, m := range s.into[found[n]] {
			if s.mark[m] != s.now && s.rank[m] > rank {
				s.mark[m] = s.now
				found = append(found, m)
			}
		}
	}
	return found
}

// choicesOn are the choices on a circle, with the last one.
func (s *search) choicesOn(circle []hop, lit literal) []literal {
	choices := []literal{lit}
	known := map[literal]bool{lit: true}
	for _, h := range circle {
		if h.choice >= 0 && !known[h.choice] {
			known[h.choice] = true
			choices = append(choices, h.choice)
		}
	}
	return choices
}

// noteCore remembers the transactions of a circle.
func (s *search) noteCore(circle []hop, o pair) {
	e := s.explanation()
	e.chains(&s.keys[o.key], o)
	e.steps(circle, 0)
	for _, h := range circle {
		if h.choice >= 0 {
			on := s.open[h.choice/2]
			e.chains(&s.keys[on.key], on)
		}
	}
	for t := range e.in {
		s.core[t] = true
	}
}

func (s *search) coreOf() []int32 {
	e := explanation{problem: s.problem, in: s.core}
	return e.core()
}

// learn finds out what to take back, and takes it back.
func (s *search) learn(conflict []literal) {
	learned, level := s.analyse(conflict)
	s.backTo(level)
	c := int32(free)
	if len(learned) > 1 {
		c = int32(len(s.clauses))
		s.clauses = append(s.clauses, learned)
		s.watches[learned[0]] = append(s.watches[learned[0]], c)
		s.watches[learned[1]] = append(s.watches[learned[1]], c)
	}
	s.take(learned[0]^1, c)
}

// analyse replaces what follows on the highest level by what it follows from, until
// one literal of that level is left, which comes first. The level is the highest of
// the others, which come next.
func (s *search) analyse(conflict []literal) (learned []literal, level int32) {
	current := int32(0)
	for _, lit := range conflict {
		current = max(current, s.level[lit/2])
	}
	learned = []literal{0}
	seen := map[literal]bool{}
	left := 0
	add := func(lit literal) {
		switch at := s.level[lit/2]; {
		case seen[lit] || at == 0:
			return
		case at == current:
			left++
		default:
			learned = append(learned, lit)
		}
		seen[lit] = true
	}
	for _, lit := range conflict {
		add(lit)
	}
	for at := len(s.trail) - 1; ; at-- {
		lit := s.trail[at]
		if !seen[lit] || s.level[lit/2] != current {
			continue
		}
		if left--; left == 0 {
			learned[0] = lit
			break
		}
		for _, other := range s.clauses[s.reason[lit/2]] {
			if other != lit^1 {
				add(other)
			}
		}
	}
	for n := 2; n < len(learned); n++ {
		if s.level[learned[n]/2] > s.level[learned[1]/2] {
			learned[1], learned[n] = learned[n], learned[1]
		}
	}
	if len(learned) > 1 {
		level = s.level[learned[1]/2]
	}
	return learned, level
}

// backTo takes back everything of higher levels.
func (s *search) backTo(level int32) {
	keep := s.levels[level]
	for len(s.trail) > keep {
		if len(s.pushed) == len(s.trail) {
			s.pop()
		}
		s.chosen[s.trail[len(s.trail)-1]] = false
		s.trail = s.trail[:len(s.trail)-1]
	}
	s.next = s.nexts[level]
	s.levels, s.nexts = s.levels[:level], s.nexts[:level]
	s.head = min(s.head, len(s.trail))
}

// shift lets what is behind come before what is ahead, in the places of both.
func (s *search) shift(ahead, behind []int32) {
	byRank := func(a, b int32) int { return cmp.Compare(s.rank[a], s.rank[b]) }
	slices.SortFunc(ahead, byRank)
	slices.SortFunc(behind, byRank)
	moments := append(behind, ahead...)
	ranks := make([]int32, len(moments))
	for n, m := range moments {
		ranks[n] = s.rank[m]
	}
	slices.Sort(ranks)
	for n, m := range moments {
		s.rank[m] = ranks[n]
	}
}

// trace is the path that ahead found.
func (s *search) trace(from, to int32) []hop {
	var path []hop
	for at := to; at != from; at = s.came[at].from {
		path = append(path, s.came[at])
	}
	slices.Reverse(path)
	return path
}
