package order

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// Of what C and F saw, B's x must be older than A's, and E's y older than D's. But E has
// seen A, and B has seen D.
const noChoice = `
	A x! a!
	B x! b! d=D
	C x=A b=B
	D y! d!
	E y! e! a=A
	F y=D e=E`

func TestCirclesAreTold(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       Kind
		base       Base
		told, core string
	}{
		{"reads", "A x! y=B; B y! x=A; C z!", Serial, Free, "A read x B, B read y A", "A B"},
		{"reads, where nothing else counts", "A x! y=B; B y! x=A; C z!", Committed, Free, "A read x B, B read y A", "A B"},
		{"a write that was missed", "A x! y!; B x=A y=-", Serial, Free, "A read x B, B missed y A", "A B"},
		{"a write that was missed, by who saw no later one", "A x!; B x=A x! y!; C x=A y=B", Serial, Free, "B read y C, C missed x B", "A B C"},
		{"snapshots, which begin before they are done", "A x!; B y!; C x=A y=-; D x=- y=B", Snapshot, Free, "A read x C, C missed y B, B read y D, D missed x A", "A B C D"},
		{"prefixes, which begin before they are done", "A x!; B y!; C x=A y=-; D x=- y=B", Prefix, Free, "A read x C, C missed y B, B read y D, D missed x A", "A B C D"},
		{"a write skew", "A x=- y=- x!; B x=- y=- y!", Serial, Free, "A missed y B, B missed x A", "A B"},
		{"a write over the first version", "A x=- x! y=B; B x! y!", Cursor, Free, "A overwritten x B, B read y A", "A B"},
		{"a write over the end of the first chain", "A x=- x!; B x=A x! y=C; C x! y!", Cursor, Free, "B overwritten x C, C read y B", "A B C"},
		{"a session", "A 1@1-2 x!; B 1@3-4 x=-", Serial, Sessions, "A session B, B missed x A", "A B"},
		{"a session, of which one does not matter", "A 1@1-2 x!; B 1@3-4; C 1@5-6 x=-", Serial, Sessions, "A session B, B session C, C missed x A", "A B C"},
		{"the real time", "A 1@1-2 x!; B 2@3-4 x=-", Serial, RealTime, "A clock B, B missed x A", "A B"},
		{"the real time, by way of moments", "A 1@1-2 x!; B 2@3-4; C 3@5-6; D 4@7-8 x=-", Serial, RealTime, "A clock D, D missed x A", "A D"},
		{"snapshots and the real time", "A 1@1-2 x!; B 2@3-4 x=-", Snapshot, RealTime, "A clock B, B missed x A", "A B"},
		{"the shorter one of two circles", "A x! z=C; B y! x=A; C z! y=B; D x! y=E; E y! x=D", Serial, Free, "D read x E, E read y D", "D E"},
		{"pairs that were forced, and why", noChoice, Serial, Free,
			"A read a E, E overwritten y D [E read e F, F missed y E], D read d B, B overwritten x A [B read b C, C missed x B]", "A B C D E F"},
	} {
		s := read(t, c.text)
		r := Decide(t.Context(), s.History, c.kind, c.base, DefaultLimits)
		if r.Answer != Broken || r.Cycle == nil || r.Either != nil || r.Same {
			t.Errorf("%s: %+v, want a circle", c.name, r)
			continue
		}
		if told, core := s.told(r.Cycle), s.names(r.Core); told != c.told || core != c.core {
			t.Errorf("%s: of %s: %s; want of %s: %s", c.name, core, told, c.core, c.told)
		}
	}
}

func TestNeitherOfTwoVersionsCanBeOlder(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       Kind
		base       Base
		told       [2]string
		core       string
	}{
		{"readers of both, each of which missed the other one", "A x! a!; B x! b!; C x=A b=B; D x=B a=A; E x!", Serial, Free,
			[2]string{"B read b C, C missed x B", "A read a D, D missed x A"}, "A B C D"},
		{"one of which comes earlier in the session, and was read later", "A 1@1-2 x!; B 1@3-4 x! b!; C 2@1-9 x=A b=B", Serial, Sessions,
			[2]string{"B read b C, C missed x B", "A session B, B overwritten x A"}, "A B C"},
		{"one of which is the last of a chain", "A x!; B x=A x! a!; C x! b!; D x=B b=C; E x=C a=B", Serial, Free,
			[2]string{"C read b D, D missed x C", "A read x B, B read a E, E missed x A"}, "A B C D E"},
		{"one of which would fit between those that build upon each other", "A x! a!; B x=A x!; C x=B x! d=D; D x! d! a=A", Serial, Free,
			[2]string{"C overwritten x D, D read d C", "A read a D, D overwritten x A"}, "A B C D"},
		{"which follows from what was forced before", `
			A x! a!
			B x! b! d=D e=E
			C x=A b=B
			D y! d!
			E y! e!
			F y=D a=A
			G y=E a=A`, Serial, Free,
			[2]string{"A read a F, F missed y E, E read e B, B overwritten x A []", "A read a G, G missed y D, D read d B, B overwritten x A []"}, "A B C D E F G"},
	} {
		s := read(t, c.text)
		r := Decide(t.Context(), s.History, c.kind, c.base, DefaultLimits)
		if r.Answer != Broken || r.Cycle != nil || len(r.Either) != 2 || r.Same {
			t.Errorf("%s: %+v, want two circles", c.name, r)
			continue
		}
		if told, core := [2]string{s.told(r.Either[0]), s.told(r.Either[1])}, s.names(r.Core); told != c.told || core != c.core {
			t.Errorf("%s: of %s: %s; want of %s: %s", c.name, core, told, c.core, c.told)
		}
	}
}

func TestWritesOnTheSameGrounds(t *testing.T) {
	for _, c := range []struct{ text, first, core string }{
		{"A; B x=- x!; C x=- x!", "B C", "B C"}, // the initial state is no transaction
		{"A x!; B x=A x!; C; D x=A x!", "B D", "A B D"},
	} {
		s := read(t, c.text)
		for _, kind := range []Kind{Serial, Snapshot, Cursor} {
			r := Decide(t.Context(), s.History, kind, Free, DefaultLimits)
			if r.Answer != Broken || !r.Same || s.names(r.Core[:2]) != c.first || s.names(r.Core) != c.core || r.Cycle != nil || r.Either != nil {
				t.Errorf("%s, %s: %+v of %s, want the first to be %s of %s", c.text, kinds[kind], r, s.names(r.Core), c.first, c.core)
			}
		}
	}
}

// What a version was written over is needed only if that is why it is an old one.
func TestACoreHasTheChainOfTheInitialState(t *testing.T) {
	for _, c := range []struct{ name, text, told, core string }{
		{"a chain", "A x!; B x=A x!; C x=B x! y!; D x=B y=C", "C read y D, D missed x C", "B C D"},
		{"that of the initial state", "A x=- x!; B x=A x!; C x! y!; D x=B y=C", "C read y D, D missed x C", "A B C D"},
		{"several versions were read, and the last one is not the old one", "A x!; B x=- x!; C x=B x=A", "A read x C, C missed x A", "A B C"},
		{"the last one is of writers that build upon each other", "A x=B x!; B x=A x!; C x! y!; D x=- x=A y=C", "C read y D, D missed x C", "A C D"},
	} {
		s := read(t, c.text)
		r := Decide(t.Context(), s.History, Serial, Free, DefaultLimits)
		if told, core := s.told(r.Cycle), s.names(r.Core); r.Answer != Broken || told != c.told || core != c.core {
			t.Errorf("%s: %v of %s: %s; want of %s: %s", c.name, r.Answer, core, told, c.core, c.told)
		}
	}
}

// The circle is found by way of what comes after A, and the first moment after A is one
// between transactions.
func TestACircleIsToldFromATransactionOn(t *testing.T) {
	var text strings.Builder
	for n := range 20 {
		fmt.Fprintf(&text, "R%d %d@%d-100 z=- y=A\n", n, n, n)
	}
	s := read(t, text.String()+"C 20@20-100 z!; D 21@21-100 z!; A 22@30-31 x! y!; B 23@40-41 x=-")
	if r := Decide(t.Context(), s.History, Serial, RealTime, DefaultLimits); s.told(r.Cycle) != "A clock B, B missed x A" {
		t.Errorf("%v: %s", r.Answer, s.told(r.Cycle))
	}
}

func TestTheInitialStateIsNoPartOfACore(t *testing.T) {
	e := (&problem{}).explanation()
	for _, n := range []int32{4, registers.Initial, 2} {
		e.note(n)
	}
	e.note(-1) // the owner of a moment between transactions
	if core := e.core(); len(core) != 2 || core[0] != 2 || core[1] != 4 {
		t.Errorf("%v, want 2 and 4, in order", core)
	}
}
