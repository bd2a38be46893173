package weak_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
)

// demanded reads which transactions come before which: "A<B B<C".
func (s *small) demanded(t *testing.T, text string) (all []weak.Demand) {
	t.Helper()
	for word := range strings.FieldsSeq(text) {
		before, after, _ := strings.Cut(word, "<")
		all = append(all, weak.Demand{Before: s.txn(t, before), After: s.txn(t, after)})
	}
	return all
}

func TestCycle(t *testing.T) {
	for _, c := range []struct {
		name, text, demands string
		sessions            bool
		want                string
	}{
		{"no transactions", "", "", true, ""},
		{"one", "A", "", true, ""},
		{"a row", "A x!; B x=A y!; C y=B x=A", "A<B A<C", true, ""},
		{"reads", "A x! y=B; B y! x=A", "", false, "A B"},
		{"reads of three", "A x! y=B; B y! z=C; C z! x=A", "", false, "A C B"},
		{"the initial state is read from, and not on a circle by that", "A x! x=-; B x=A", "", true, ""},
		{"a session", "A@1 x=B; B@1 x!", "", true, "A B"},
		{"a session that does not count", "A@1 x=B; B@1 x!", "", false, ""},
		{"a session of which one may come later", "A@1? x=B; B@1 x!", "", true, ""},
		{"two sessions", "A@1 x=D; B@1 y!; C@2 y=B; D@2 x!", "", true, "A B C D"},
		{"a demand", "A x!; B x=A", "B<A", false, "A B"},
		{"demands alone", "A; B; C", "A<B B<C C<A", false, "A B C"},
		{"demands that agree", "A; B; C", "A<B B<C A<C", false, ""},
		{"one demand twice", "A; B", "A<B A<B", false, ""},
		{"to come before the initial state", "A; B x!", "B<-", false, "- B"},
		{"the only one before the initial state", "A", "A<-", true, "- A"},
		{"what comes before what cannot be is no part of it", "A; B; C", "A<B B<C C<B", false, "B C"},
		{"what comes after neither", "A; B; C", "A<B B<A B<C", false, "A B"},
		{"the shorter one of two, which comes first", "A; B; C; D; E", "A<B B<A C<D D<E E<C", false, "A B"},
		{"the shorter one of two, which comes last", "A; B; C; D; E", "A<B B<C C<A D<E E<D", false, "D E"},
		{"the shorter one of two, which comes before the other one", "A; B; C; D; E", "A<B B<C C<A D<E E<D D<A", false, "D E"},
		{"the shorter one of two, which comes after the other one", "A; B; C; D; E", "A<B B<C C<A D<E E<D A<D", false, "D E"},
		{"the shorter one of a tangle", "A; B; C; D", "A<B B<C C<D D<A D<B", false, "B C D"},
		{"the shortest one of a tangle", "A; B; C; D", "A<B B<C C<D D<A D<B D<C", false, "C D"},
		{"the shorter one is across", "A; B; C; D", "A<B B<C C<D D<A A<C", false, "A C D"},
	} {
		s := read(t, c.text)
		if got := s.circle(weak.Cycle(s.History, c.sessions, s.demanded(t, c.demands))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// ring is so many transactions of which each comes before the next one, and the last one
// before the first.
func ring(t *testing.T, size int) (small, []weak.Demand) {
	t.Helper()
	var text strings.Builder
	for n := range size {
		fmt.Fprintln(&text, n)
	}
	var demands []weak.Demand
	for n := range int32(size) {
		demands = append(demands, weak.Demand{Before: n + 1, After: (n+1)%int32(size) + 1})
	}
	return read(t, text.String()), demands
}

func TestCyclesOfManyTransactions(t *testing.T) {
	for _, size := range []int{2, 3, 200, 201, 2000} {
		s, demands := ring(t, size)
		if cycle := weak.Cycle(s.History, false, demands); len(cycle) != size {
			t.Errorf("%d of %d", len(cycle), size)
		}
	}
}

// A cycle is looked for from 200 transactions, of which one has to be on it.
func TestTheShortestCycleOfManyTransactionsIsFound(t *testing.T) {
	const size = 201
	for _, last := range []int32{0, 1, 100, size - 2, size - 1} {
		s, demands := ring(t, size)
		next := (last + 1) % size
		demands = append(demands, weak.Demand{Before: next + 1, After: last + 1})
		if cycle := weak.Cycle(s.History, false, demands); len(cycle) != 2 {
			t.Errorf("%d and %d come before each other, and of %d transactions on a ring a cycle has %d", last, next, size, len(cycle))
		}
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct {
		name, text, from, to, want string
	}{
		{"a read", "A x!; B x=A", "A", "B", "A B"},
		{"not back", "A x!; B x=A", "B", "A", ""},
		{"nothing in common", "A x!; B y!", "A", "B", ""},
		{"nobody has read from the initial state", "A x=-", "-", "A", ""},
		{"the next of a session", "A@1; B@1", "A", "B", "A B"},
		{"the next but one of a session", "A@1; B@1; C@1", "A", "C", "A B C"},
		{"one that may come later", "A@1?; B@1", "A", "B", ""},
		{"which comes after all the same", "A@1; B@1?; C@1", "A", "B", "A B"},
		{"reads and sessions", "A x!; B@1 x=A; C@1 y!; D y=C", "A", "D", "A B C D"},
		{"the shorter one of two", "A x! y!; B x=A z!; C z=B y=A", "A", "C", "A C"},
		{"the shorter one of two, which was read last", "A x!; B x=A y!; C y=B z!; D z=C u!; E y=B v!; F u=D v=E", "A", "F", "A B E F"},
		{"on a circle", "A x! z=C; B x=A y!; C y=B z!", "B", "A", "B C A"},
		{"past a circle", "A x! y=B; B x=A y!; C y=B", "A", "C", "A B C"},
		{"to nobody on a circle", "A x! y=B; B x=A y!; C", "A", "C", ""},
		{"a transaction does not come after itself", "A x! y=B; B x=A y!", "A", "A", ""},
	} {
		s := read(t, c.text)
		if got := s.names(weak.Path(s.History, s.txn(t, c.from), s.txn(t, c.to))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
