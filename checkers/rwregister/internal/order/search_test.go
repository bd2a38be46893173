package order

import (
	"slices"
	"testing"
)

// clauses is a search with four pairs, of which either may come first, and choices that
// are not possible together.
func clauses(t *testing.T, forbidden ...[]literal) *search {
	t.Helper()
	p := newProblem(read(t, "A x!; B x!; C y!; D y!; E z!; F z!; G u!; H u!").History, Serial, Free)
	if p.link(); !p.sort(nil) {
		t.Fatal("it is circular")
	}
	p.openAll()
	s := newSearch(p)
	for n, clause := range forbidden {
		s.clauses = append(s.clauses, clause)
		for _, lit := range clause[:2] {
			s.watches[lit] = append(s.watches[lit], int32(n))
		}
	}
	return s
}

// decide makes a free choice and draws the consequences.
func (s *search) decide(lit literal) []literal {
	s.levels, s.nexts = append(s.levels, len(s.trail)), append(s.nexts, s.next)
	s.take(lit, free)
	return s.propagate()
}

func TestTheLastOfAClauseCannotBeChosen(t *testing.T) {
	for _, order := range [][]literal{{0, 2, 4}, {0, 4, 2}, {2, 0, 4}, {2, 4, 0}, {4, 0, 2}, {4, 2, 0}} {
		s := clauses(t, []literal{0, 2, 4})
		for range 2 { // the second time after all was taken back
			if conflict := s.decide(order[0]); conflict != nil || len(s.trail) != 1 {
				t.Errorf("%v: %v after one choice, conflict %v", order, s.trail, conflict)
			}
			if conflict := s.decide(order[1]); conflict != nil || !slices.Equal(s.trail, []literal{order[0], order[1], order[2] ^ 1}) {
				t.Errorf("%v: %v after two choices, conflict %v", order, s.trail, conflict)
			}
			if s.backTo(0); len(s.trail) > 0 || slices.Contains(s.chosen, true) {
				t.Errorf("%v: %v are still chosen", order, s.trail)
			}
		}
	}
}

func TestClausesCanContradictEachOther(t *testing.T) {
	s := clauses(t, []literal{0, 2, 4}, []literal{0, 2, 5}, []literal{0, 2, 6})
	for range 2 {
		if conflict := s.decide(0); conflict != nil {
			t.Fatalf("conflict %v after one choice", conflict)
		}
		conflict := s.decide(2)
		slices.Sort(conflict)
		if !slices.Equal(conflict, []literal{0, 2, 4}) && !slices.Equal(conflict, []literal{0, 2, 5}) {
			t.Errorf("conflict %v, want one of the first two clauses", conflict)
		}
		s.backTo(0)
	}
	// Once the first two say nothing any more, the third one does what it did: it is still
	// watched.
	s.clauses[0], s.clauses[1] = []literal{0, 2, 1}, []literal{0, 2, 1}
	if s.decide(0); s.decide(2) != nil || !s.chosen[7] {
		t.Errorf("%v, though the third clause forbids it", s.trail)
	}
}

// The choice 2 entails 4, and that entails 6. If 6, 4 and 0 are not possible together, all
// that is wrong on the last level follows from 4.
func TestWhatIsLearnedIsTheFirstPointOfAllConsequences(t *testing.T) {
	s := clauses(t, []literal{2, 5}, []literal{4, 7})
	if s.decide(0) != nil || s.decide(2) != nil || !slices.Equal(s.trail, []literal{0, 2, 4, 6}) {
		t.Fatalf("%v", s.trail)
	}
	if learned, level := s.analyse([]literal{6, 4, 0}); !slices.Equal(learned, []literal{4, 0}) || level != 1 {
		t.Errorf("learned that %v are not possible together, back to level %d; want 4 and 0, and 1", learned, level)
	}
	s.learn([]literal{6, 4, 0})
	if s.propagate() != nil || !slices.Equal(s.trail, []literal{0, 5, 3}) {
		t.Errorf("%v, want 0 and, as that forbids 4, its opposite, which forbids 2", s.trail)
	}
	for lit, entailed := range map[literal]literal{0: 5, 4: 1} { // and whichever comes first from now on
		if s.backTo(0); s.decide(lit) != nil || !s.chosen[entailed] {
			t.Errorf("%v after %d, want %d among them", s.trail, lit, entailed)
		}
	}
}
