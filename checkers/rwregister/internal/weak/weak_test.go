package weak_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
)

// Each history is followed by those that are nearly the same, and keep another level.
func TestTheStrongestLevelThatIsKept(t *testing.T) {
	const nothing, views, atomic, all = "", "monotonic atomic view", "monotonic atomic view, read atomic", "monotonic atomic view, read atomic, causal"
	for _, c := range []struct{ name, text, kept string }{
		{"no transactions", "", all},
		{"one that does nothing", "A", all},
		{"one after the other", "A x!; B x=A x!; C x=B", all},

		{"two that read from each other", "A x! y=B; B y! x=A", nothing},
		{"two of which one read from the other", "A x! y=-; B y! x=A", all},
		{"three in a circle", "A x! z=C; B y! x=A; C z! y=B", nothing},
		{"three in a row", "A x! z=-; B y! x=A; C z! y=B", all},

		{"a write vanishes after another one was seen", "A x! y!; B x=A y=-", nothing},
		{"a write is not there before another one is seen", "A x! y!; B y=- x=A", views},
		{"both writes are seen", "A x! y!; B x=A y=A", all},
		{"the other key was never written", "A x!; B x=A y=-", all},
		{"the other key was written by another one", "A x!; B y!; C x=A y=-", all},

		{"an older version after a newer one", "A x! y!; B x=A x! y!; C x=B y=A", nothing},
		{"an older version before a newer one", "A x! y!; B x=A x! y!; C y=A x=B", views},
		{"a version that may be the newer one", "A x! y!; B x! y!; C x=B y=A", views},
		{"which another one confirms", "A x! y!; B x! y!; C x=B y=A; D y=B x=A", views},
		{"which is contradicted", "A x! y!; B x! y!; C x=B y=A; D x=A y=B", nothing},
		{"of which another one saw nothing", "A x! y!; B x! y!; C x=B y=A; D x=B y=B", views},
		{"which wrote less", "A x! y!; B x!; C x=B y=A", all},

		{"a read that goes forth", "A x!; B x!; C x=A x=B", views},
		{"a read that is repeated", "A x!; B x!; C x=A x=A; D x=B", all},
		{"a read that goes forth and back", "A x!; B x!; C x=A x=B x=A", nothing},
		{"two that go forth, and disagree", "A x!; B x!; C x=A x=B; D x=B x=A", nothing},
		{"two that go forth, and agree", "A x!; B x!; C x=A x=B; D x=A x=B", views},
		{"one that goes forth from the initial state", "A x!; B x=- x=A", views},
		{"one that goes back to the initial state", "A x!; B x=A x=-", nothing},

		{"by way of another one", "A x!; B x=A y!; C y=B x=-", atomic},
		{"by way of one that saw nothing", "A x!; B y!; C y=B x=-", all},
		{"by way of another one, in the other order", "A x!; B x=A y!; C x=- y=B", atomic},
		{"by way of two", "A x!; B x=A y!; C y=B z!; D z=C x=-", atomic},
		{"by way of two, but the first was seen", "A x!; B x=A y!; C y=B z!; D z=C x=A", all},
		{"by way of one that wrote it over", "A x!; B x=A x!; C x=B y!; D y=C x=A", atomic},
		{"by way of one that may have been earlier", "A x!; B x!; C x=B y!; D y=C x=A", all},

		{"its session's last write is missed", "A@1 x!; B@1 x=-", atomic},
		{"another session's write is missed", "A@1 x!; B@2 x=-", all},
		{"its session's next write is missed", "A@1 x=-; B@1 x!", all},
		{"its session's next write is read", "A@1 x=B; B@1 x!", atomic},
		{"its session's next write is read, by one that may have been later", "A@1? x=B; B@1 x!", all},
		{"a write that may not have happened yet is missed", "A@1? x!; B@1 x=-", all},
		{"one that may happen later misses a write", "A@1 x!; B@1? x=-", atomic},
		{"what the session's last but one wrote is missed", "A@1 x!; B@1; C@1 x=-", atomic},
		{"by way of a session", "A@1 x!; B@1 y!; C y=B x=-", atomic},
		{"by way of two sessions", "A@1 x!; B@2 y!; C y=B x=-", all},
		{"by way of a session, of which one is not over", "A@1? x!; B@1 y!; C y=B x=-", all},
		{"sessions disagree on which write is the newer one", "A x!; B x!; C@1 x=A; D@1 x=B; E@2 x=B; F@2 x=A", atomic},
		{"sessions agree", "A x!; B x!; C@1 x=A; D@1 x=B; E@2 x=A; F@2 x=B", all},
		{"one session disagrees with nobody", "A x!; B x!; C@1 x=A; D@1 x=B; E@2 x=B; F@3 x=A", all},

		{"what only snapshots forbid: a lost update", "A x=- x!; B x=- x!", all},
		{"what only prefixes forbid: a long fork", "A x!; B y!; C x=A y=-; D x=- y=B", all},
		{"what only one order of all forbids: a write skew", "A x=- y=- x!; B x=- y=- y!", all},
	} {
		s := read(t, c.text)
		var kept []string
		for l, name := range levels {
			if ask(weak.New(s.History), level(l)).kept(s.History, level(l)) {
				kept = append(kept, name)
			}
		}
		if got := strings.Join(kept, ", "); got != c.kept {
			t.Errorf("%s: %q, want %q", c.name, got, c.kept)
		}
	}
}

func TestWhatMonotonicAtomicViewDemands(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"one that was seen before", "A x! y!; B y!; C x=A y=B", "A<B: C y by x"},
		{"but not after", "A x! y!; B y!; C y=B x=A", ""},
		{"nor if the reader found it", "A x! y!; B y!; C x=A y=A", ""},
		{"nor if that did not write the key", "A x!; B y!; C x=A y=B", ""},
		{"nor of the initial state", "A x!; B y=- x=- x=A", ""},
		{"the initial state comes before all", "A x! y!; B x=A y=-", "A<-: B y by x"},
		{"once, by the first read", "A x! y! z!; B z!; C x=A y=A z=B", "A<B: C z by x"},
		{"once, also for those who read much", "A x! y! z!; B z! u!; C x=A y=A u=B z=B", "A<B: C z by x"},
		{"of several keys", "A x! y! z!; B y! z!; C x=A y=B z=B", "A<B: C y by x, A<B: C z by x"},
		{"of several keys, for those who read less than was written", "A x! y! z! u!; B y! z!; C x=A y=B z=B", "A<B: C y by x, A<B: C z by x"},
		{"each is after the one before it", "A x! y!; B y!; C y!; D x=A y=B y=C", "A<B: D y by x, B<C: D y by y"},
		{"and so for those who read less than was written", "A x! y! z! u! v!; B y!; C y!; D x=A y=B y=C", "A<B: D y by x, B<C: D y by y"},
		{"there and back", "A x!; B x!; C x=A x=B x=A", "A<B: C x by x, B<A: C x by x"},
		{"from one version to the next, whose writer was seen before", "A x! y!; B x!; C y=A x=A x=B", "A<B: C x by x"},
		{"whoever was read before", "A x! y!; B y!; C z!; D z=C x=A y=B", "A<B: D y by x"},
		{"not of what was read before", "A x! y!; B y!; C y=B; D y=B x=A", ""},
		{"nor for those who read less than was written", "A x! y! z!; B y!; C y=B; D y=B x=A", ""},
		{"not of what it did not write", "A x! y! z!; B u!; C x=A u=B", ""},
		{"each reader by itself", "A x! y!; B x! y!; C x=A; D y=B; E x=B y=A", "B<A: E y by x"},
		{"whatever sessions say", "A@1 x!; B@1 x=-", ""},
	} {
		s := read(t, c.text)
		if got := s.told(weak.New(s.History).MonotonicAtomicView()); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhatReadAtomicDemands(t *testing.T) {
	for _, c := range []struct{ name, text, want, unrepeatable string }{
		{"nothing", "", "", ""},
		{"one that was seen before", "A x! y!; B y!; C x=A y=B", "A<B: C y by x", ""},
		{"and after", "A x! y!; B y!; C y=B x=A", "A<B: C y by x", ""},
		{"but not if the reader found it", "A x! y!; B y!; C x=A y=A", "", ""},
		{"nor if that did not write the key", "A x!; B y!; C x=A y=B", "", ""},
		{"nor of the initial state", "A x!; B y=- x=-", "", ""},
		{"the initial state comes before all", "A x! y!; B y=- x=A", "A<-: B y by x", ""},
		{"once, by the first read", "A x! y! z!; B z!; C x=A y=A z=B", "A<B: C z by x", ""},
		{"once of a key that was read twice", "A x! y!; B y!; C x=A y=B y=B", "A<B: C y by x", ""},
		{"once, for those who read less than was written", "A x! y! z! u!; B y!; C x=A y=B y=B", "A<B: C y by x", ""},
		{"whoever was read before", "A x! y!; B y!; C z!; D z=C x=A y=B", "A<B: D y by x", ""},
		{"not of what it did not write, though that was more than was read", "A x! y! z!; B u!; C x=A u=B", "", ""},
		{"both ways", "A x! y!; B x! y!; C x=A y=B", "A<B: C y by x, B<A: C x by y", ""},
		{"each reader by itself", "A x! y!; B x! y!; C x=A; D y=B; E x=B y=B; F x=A", "", ""},
		{"the same writer, for another reader", "A x! y!; B y!; C x=A y=B; D y=B x=A", "A<B: C y by x, A<B: D y by x", ""},
		{"two versions", "A x!; B x!; C x=A x=B", "B<A: C x by x", "C 0 1"},
		{"nothing, and then something", "A x!; B x=- x=A", "A<-: B x by x", "B 0 1"},
		{"something, and then nothing", "A x!; B x=A x=-", "", "B 0 1"},
		{"two versions, later on", "A x! y!; B x!; C y=A x=A y=A x=A x=B", "B<A: C x by x", "C 1 4"},
		{"only the first of a reader", "A x! y!; B x! y!; C x=A y=A x=B y=B", "B<A: C x by x, B<A: C y by x", "C 0 2"},
		{"the first of each reader", "A x!; B x!; C x=A x=B; D x=B; E x=- x=- x=A", "A<-: E x by x, B<A: C x by x", "C 0 1, E 0 2"},
		{"whatever sessions say", "A@1 x!; B@1 x=-", "", ""},
	} {
		s := read(t, c.text)
		demands, unrepeatable := weak.New(s.History).ReadAtomic()
		var pairs []string
		for _, u := range unrepeatable {
			pairs = append(pairs, fmt.Sprint(s.txns[u.Reader], " ", u.First, " ", u.Second))
		}
		if got := s.told(demands); got != c.want || strings.Join(pairs, ", ") != c.unrepeatable {
			t.Errorf("%s: %q and %q, want %q and %q", c.name, got, pairs, c.want, c.unrepeatable)
		}
	}
}

func TestWhatCausalDemands(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"one that was read from", "A x! y!; B y!; C y=B x=A", "A<B: C y by x"},
		{"but not if the reader found it", "A x! y!; B y!; C x=A y=A", ""},
		{"nor if that did not write the key", "A x!; B y!; C x=A y=B", ""},
		{"nor if nobody saw it", "A x!; B x!; C x=B", ""},
		{"nor of the reader itself", "A x!; B x=A x!", ""},
		{"the initial state comes before all", "A x! y!; B y=- x=A", "A<-: B y by x"},
		{"one that was seen by way of another one", "A x!; B x=A y!; C x!; D y=B x=C", "A<C: D x by -"},
		{"but not if the one that was read saw it itself", "A x!; B x=A y!; C x! x=A; D y=B x=C", ""},
		{"nor if it did by way of another one", "A x!; B x=A y!; C x! y=B; D y=B x=C", ""},
		{"one that came earlier in the session", "A@1 x!; B x!; C@1 x=B", "A<B: C x by -"},
		{"but not if that may come later", "A@1? x!; B x!; C@1 x=B", ""},
		{"one that came earlier in another one's session", "A@1 x!; B@1 y!; C x!; D y=B x=C", "A<C: D x by -"},
		{"only the last of a session", "A@1 x!; B@1 x!; C@1 z!; D x!; E@1 x=D", "B<D: E x by -"},
		{"only the last of the last session", "A x!; B@1 x!; C@1 x!; D@1 z!; E@1 x=A", "C<A: E x by -"},
		{"only the last that was seen", "A@1 x! y!; B@1 x!; C x!; D y=A x=C", "A<C: D x by y"},
		{"of each session", "A@1 x! y!; B@2 x! z!; C x!; D y=A z=B x=C", "A<C: D x by y, B<C: D x by z"},
		{"of each session but those that it saw", "A@1 x! y!; B@2 x! z!; C x! z=B; D y=A z=B x=C", "A<C: D x by y"},
		{"a later one of the same session", "A@1 x!; B@1 x! y!; C y=B x=A", "B<A: C x by y"},
		{"but not an earlier one", "A@1 x! y!; B@1 x!; C y=A x=B", ""},
		{"for each read", "A x! y! z!; B y! z!; C x=A y=B z=B", "A<B: C y by x, A<B: C z by x"},
		{"for each of the same key", "A x!; B x!; C x=A x=B", "A<B: C x by x, B<A: C x by x"},
		{"the first key by which it was seen", "A x! y! z!; B z!; C y=A x=A z=B", "A<B: C z by y"},
		{"of transactions in another order than that of invocations", "A z=C x=B; B x!; C y=D z! x!; D y! x!", "C<B: A x by z, D<B: A x by -"},
	} {
		s := read(t, c.text)
		demands, acyclic := weak.New(s.History).Causal()
		if got := s.told(demands); got != c.want || !acyclic {
			t.Errorf("%s: %q, acyclic %t; want %q", c.name, got, acyclic, c.want)
		}
	}
}

func TestNothingIsCausalInACircle(t *testing.T) {
	for _, c := range []struct {
		name, text string
		circular   bool
	}{
		{"two that read from each other", "A x! y=B; B y! x=A", true},
		{"among others", "A x! y!; B x=A y=-; C x! z=D; D z! x=C", true},
		{"with a session", "A@1 x=B; B@1 x!", true},
		{"with a session and another one", "A@1 x=C; B@1 y!; C x! y=B", true},
		{"with one that is not over", "A@1? x=C; B@1 y!; C x! y=B", false},
		{"with an older one of the session", "A@1 y!; B@1 x=C; C x! y=A", false},
	} {
		s := read(t, c.text)
		if demands, acyclic := weak.New(s.History).Causal(); acyclic == c.circular || c.circular && demands != nil {
			t.Errorf("%s: %q, acyclic %t", c.name, s.told(demands), acyclic)
		}
	}
}

// What is seen of sessions is found out some sessions at a time.
func TestCausalDemandsOfManySessions(t *testing.T) {
	for _, sessions := range []int{1, 2, 63, 64, 65, 127, 128, 129, 200} {
		var text strings.Builder
		reader, want := "R", []string(nil)
		for n := range sessions {
			fmt.Fprintf(&text, "W%d x! y%d!\n", n, n)
			reader += fmt.Sprintf(" y%d=W%d", n, n)
			if n > 0 {
				want = append(want, fmt.Sprintf("W%d<W0: R x by y%d", n, n))
			}
		}
		slices.Sort(want)
		s := read(t, text.String()+reader+" x=W0")
		if demands, _ := weak.New(s.History).Causal(); s.told(demands) != strings.Join(want, ", ") {
			t.Errorf("%d sessions: %q", sessions, s.told(demands))
		}
	}
}
