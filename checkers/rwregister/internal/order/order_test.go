package order

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

var (
	kinds = []string{Serial: "serial", Snapshot: "snapshot", Prefix: "prefix", Cursor: "cursor", Committed: "committed"}
	bases = []string{Free: "free", Sessions: "sessions", RealTime: "realtime"}
)

// ways are the limits with which the same is decided in other ways.
var ways = []struct {
	name   string
	limits Limits
}{
	{"as always", DefaultLimits},
	{"with paths", Limits{Pairs: DefaultLimits.Pairs}},
	{"by search alone", Limits{Matrix: DefaultLimits.Matrix, Pairs: DefaultLimits.Pairs, OnlySearch: true}},
}

func TestWhatEachKindAllows(t *testing.T) {
	const all = "serial snapshot prefix cursor committed"
	for _, c := range []struct{ name, text, kept string }{
		{"nothing", "", all},
		{"one that did nothing", "A", all},
		{"one that wrote over the initial state", "A x=- x!", all},
		{"a read of what another one wrote", "A x!; B x=A", all},
		{"a read of one that comes later in time", "A x=B; B x!", all},
		{"a read of a key that nobody writes", "A x=-; B x=-", all},
		{"blind writes", "A x!; B x!; C x=A; D x=B", all},
		{"two that read from each other", "A x! y=B; B y! x=A", ""},
		{"three that read from each other", "A x! z=C; B y! x=A; C z! y=B", ""},
		{"each wrote over what the other one wrote", "A x=B x!; B x=A x!", ""},
		{"a lost update of the initial state", "A x=- x!; B x=- x!", "prefix committed"},
		{"a lost update", "A x!; B x=A x!; C x=A x!", "prefix committed"},
		{"a write skew", "A x=- y=- x!; B x=- y=- y!", "snapshot prefix cursor committed"},
		{"a long fork", "A x!; B y!; C x=A y=-; D x=- y=B", "cursor committed"},
		{"a fractured read", "A x! y!; B x=A y=-", "cursor committed"},
		{"the effect without its cause", "A x!; B x=A y!; C y=B x=-", "cursor committed"},
		{"a read that could not be repeated", "A x!; B x=- x=A", "cursor committed"},
		{"the last read before a write counts", "A x!; B x=- x=A x!", "cursor committed"},
		{"and no other", "A x!; B x=A x=- x!", "committed"},
		{"a write between two that build upon each other", "A x! a!; B a=A x! b!; C b=B x=A x!", "committed"},
		{"a snapshot that wrote over what it had not seen", "A y=- x!; B x! y!; C x=A y=B", "prefix cursor committed"},
		{"a last read that nobody can judge", "A x=- x!; B x=- x? x!", "prefix cursor committed"},
		{"two versions of which neither can be older", "A x! a!; B x! b!; C x=A b=B; D x=B a=A", "cursor committed"},
	} {
		s := read(t, c.text)
		for _, way := range ways {
			for base := range bases { // all are under way at once, each in a session of its own
				if kept := answers(t, s, way.limits, kinds, func(n int) (Kind, Base) { return Kind(n), Base(base) }); kept != c.kept {
					t.Errorf("%s, %s, %s: kept are %q, want %q", c.name, bases[base], way.name, kept, c.kept)
				}
			}
		}
	}
}

func TestWhatEachBaseAllows(t *testing.T) {
	for _, c := range []struct{ name, text, kept string }{
		{"nothing", "", "free sessions realtime"},
		{"a stale read", "A 1@1-2 x!; B 2@3-4 x=-", "free sessions"},
		{"a stale read that may have been in time", "A 1@1-3 x!; B 2@2-4 x=-", "free sessions realtime"},
		{"a session that misses its own write", "A 1@1-2 x!; B 1@3-4 x=-", "free"},
		{"a session that misses what it wrote long ago", "A 1@1-2 x!; B 1@3-4 y!; C 1@5-6 x=-", "free"},
		{"two sessions that miss each other", "A 1@1-3 x!; C 2@2-4 y!; B 1@5-7 y=-; D 2@6-8 x=-", "free"},
		{"two sessions of which one misses the other", "A 1@1-3 x!; C 2@2-4 y!; B 1@5-7 y=-; D 2@6-8 x=A", "free sessions"},
		{"a read of what is invoked later", "A 1@1-2 x=B; B 2@3-4 x!", "free sessions"},
		{"a read of what comes later in the session", "A 1@1-2 x=B; B 1@3-4 x!", "free"},
		{"nobody knows, and it may be late", "A 1@1-? x!; B 2@2-3 x=-; C 3@4-5 x=A", "free sessions realtime"},
		{"nobody knows, but it was seen, and then missed", "A 1@1-? x!; B 2@3-4 x=A; C 3@5-6 x=-", "free sessions"},
		{"nobody knows, and it is not even over for its session", "A 1@1-? x!; B 1@3-4 x=-; C 2@5-6 x=A", "free sessions realtime"},
		{"nobody knows, but it began after what it missed", "A 1@1-2 x!; B 2@3-? x=- y!; C 3@4-5 y=B", "free sessions"},
		{"a session goes on after one of which nobody knows", "A 1@1-2 x!; B 1@3-? y!; C 1@5-6 x=-; D 2@7-8 y=B", "free"},
		{"writes in turn, and the older one is read", "A 1@1-2 x!; B 2@3-4 x!; C 3@5-6 x=A", "free sessions"},
		{"many writes in turn, and an older one is read", "A 1@1-2 x!; B 2@3-4 x!; C 3@5-6 x!; D 4@7-8 x!; E 5@9-10 x=B", "free sessions"},
		{"the older one is read while the next one is written", "A 1@1-2 x!; B 2@3-6 x!; C 3@4-5 x=A", "free sessions realtime"},
		{"a chain of writes before another one", "A 1@1-2 x!; B 2@3-4 x=A x!; C 3@5-6 x!; D 4@7-8 x=B", "free sessions"},
	} {
		s := read(t, c.text)
		for _, way := range ways {
			if kept := answers(t, s, way.limits, bases, func(n int) (Kind, Base) { return Serial, Base(n) }); kept != c.kept {
				t.Errorf("%s, %s: kept are %q, want %q", c.name, way.name, kept, c.kept)
			}
		}
	}
}

// answers are the names of what is kept. Nothing may be left undecided, and trying
// everything has to agree.
func answers(t *testing.T, s small, limits Limits, names []string, ask func(n int) (Kind, Base)) string {
	t.Helper()
	var kept []string
	for n, name := range names {
		kind, base := ask(n)
		r := Decide(t.Context(), s.History, kind, base, limits)
		switch {
		case r.Answer == Undecided:
			t.Errorf("%s is undecided: %s", name, r.Why)
		case r.Answer == Kept:
			kept = append(kept, name)
		}
		if byTrying := newExecution(s.History, kind, base).possible(); byTrying != (r.Answer == Kept) {
			t.Errorf("%s: %v, but by trying everything %t:\n%v", name, r.Answer, byTrying, s)
		}
	}
	return strings.Join(kept, " ")
}

// The order of writes that makes a history right need not be that of time, so neither
// guess finds it; nor is any pair forced.
const (
	// Whichever of A and B, and of C and D, came first, one of the readers has seen the
	// later one of the others' and missed the later one of its own.
	noWay = `
		A x! a!
		B x! b!
		C y! c!
		D y! d!
		E x=A c=C d=D
		F x=B c=C d=D
		G y=C a=A b=B
		H y=D a=A b=B`
	// The same with A and E at the ends of a chain. Without M, B would fit between them.
	noWayBetween = `
		A x! a!
		B x! b!
		C y! c!
		D y! d!
		M x=A x!
		E x=M x! c=C d=D
		F x=B c=C d=D
		G y=C a=A b=B
		H y=D a=A b=B`
	// As in the first, but B may be older than A if D is older than C.
	oneWay = `
		A x! a!
		B x! b!
		C y! c!
		D y! d!
		E x=A c=C d=D
		F x=B d=D
		G y=C a=A b=B
		H y=D b=B`
)

func TestTheSearchTakesBackWhatItChose(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Answer
		core       string
	}{
		{"there is no way", noWay, Broken, "A B C D E F G H"},
		{"there is no way, as nothing fits in between", noWayBetween, Broken, "A B C D E F G H M"},
		{"there is one way", oneWay, Kept, ""},
	} {
		s := read(t, c.text)
		if possible := newExecution(s.History, Serial, Free).possible(); possible != (c.want == Kept) {
			t.Fatalf("%s: by trying everything %t", c.name, possible)
		}
		for _, way := range ways {
			r := Decide(t.Context(), s.History, Serial, Free, way.limits)
			if r.Answer != c.want {
				t.Errorf("%s, %s: %v, want %v: %s", c.name, way.name, r.Answer, c.want, r.Why)
			}
			if s.names(r.Core) != c.core || r.Cycle != nil || r.Either != nil || r.Same {
				t.Errorf("%s, %s: %+v, but all are needed and nothing is forced", c.name, way.name, r)
			}
		}
	}
}

func TestOnlyTheSearchFindsTheOneWay(t *testing.T) {
	p := newProblem(read(t, oneWay).History, Serial, Free)
	if p.link(); p.guess(false) || p.guess(true) {
		t.Error("it was guessed")
	}
	if r := p.saturate(t.Context(), DefaultLimits); r.Answer != Undecided || r.Why != "" || len(p.forced) > 0 || len(p.open) != 2 {
		t.Errorf("%+v: forced are %v, open %v", r, p.forced, p.open)
	}
	if p.guess(false) || p.guess(true) {
		t.Error("it was guessed after all that is forced")
	}
}

func TestASpentBudgetIsUndecided(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	search := ways[2].limits
	for _, c := range []struct {
		name, text string
		ctx        context.Context
		base       Base
		limits     Limits
		want       Answer
		why        string
	}{
		{"no time to collect", oneWay, over, Free, DefaultLimits, Undecided, tooLong},
		{"no time to collect, and real time counts", oneWay, over, RealTime, DefaultLimits, Undecided, tooLong},
		{"no time to search", oneWay, over, Free, search, Undecided, neverDone},
		{"more pairs are open than allowed", oneWay, t.Context(), Free, Limits{Matrix: 100, Pairs: 1}, Undecided, tooOpen},
		{"as many pairs are open as allowed", oneWay, t.Context(), Free, Limits{Matrix: 100, Pairs: 2}, Kept, ""},
		{"what is guessed takes no time", "A x!; B x!", over, Free, Limits{}, Kept, ""},
		{"what is circular takes no time", "A x! y=B; B y! x=A", over, Free, Limits{}, Broken, ""},
		{"a lost update takes no time", "A x=- x!; B x=- x!", over, Free, Limits{}, Broken, ""},
	} {
		if r := Decide(c.ctx, read(t, c.text).History, Serial, c.base, c.limits); r.Answer != c.want || r.Why != c.why {
			t.Errorf("%s: %v %q, want %v %q", c.name, r.Answer, r.Why, c.want, c.why)
		}
	}
}

// Where there would be more than sixteen arcs, a moment between readers of the initial state and the writers
// of a key stands for all of them. It changes no answer, and is told of by nobody.
func TestManyReadersOfTheInitialState(t *testing.T) {
	for _, readers := range []int{1, 20} {
		var text strings.Builder
		for n := range readers {
			fmt.Fprintf(&text, "R%d x=-\n", n)
		}
		text.WriteString("A x!\nB x! y!\n")
		right, wrong := read(t, text.String()+"C x=A y=B"), read(t, text.String()+"C x=- y=B")
		if p := newProblem(right.History, Serial, Free); readers > 16 {
			p.link()
			if arcs := p.count(Missed); arcs >= 2*readers {
				t.Errorf("%d arcs for %d readers and two writers", arcs, readers)
			}
		}
		for _, kind := range []Kind{Serial, Snapshot, Prefix} {
			if r := Decide(t.Context(), right.History, kind, Free, DefaultLimits); r.Answer != Kept {
				t.Errorf("%d readers, %s: %+v, want it kept", readers, kinds[kind], r)
			}
			r := Decide(t.Context(), wrong.History, kind, Free, DefaultLimits)
			if told := wrong.told(r.Cycle); r.Answer != Broken || told != "B read y C, C missed x B" || wrong.names(r.Core) != "B C" {
				t.Errorf("%d readers, %s: %v of %s: %s", readers, kinds[kind], r.Answer, wrong.names(r.Core), told)
			}
		}
	}
}
