package protocols

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/byzantine"
	"github.com/assaykit/assay/harness/protocols/paxos"
	"github.com/assaykit/assay/harness/protocols/twophase"
	"github.com/assaykit/assay/harness/sim/explore"
)

// TestOrbits counts states up to the names of interchangeable nodes twice: as the
// exploration does it, and, of small systems, in all states themselves, written down
// with the names in every order. How many states there are without exchanges says
// whether what is written down is all of a state. Of the demo's first steps it is not,
// as properties see no state at the bound; that its reactions are those of exchanged
// names is checked with each of them, as everywhere.
//
// Two-phase commit with one client has n participants who do the same: each is asked,
// has answered or was heard, before the last one was, and then has been told or not,
// while the client is answered or not. That is 1 + (3^n - 1) + 2*2^n states, and
// 1 + ((n+2 over 2) - 1) + 2(n+1) orbits.
func TestOrbits(t *testing.T) {
	for _, c := range []struct {
		protocol       string
		chosen         Chosen
		nodes, clients int
		depth          int
		states, orbits int
	}{
		{"two-phase-commit", nil, 3, 1, 0, 17, 12},
		{"two-phase-commit", nil, 4, 1, 0, 43, 18},
		{"two-phase-commit", nil, 5, 1, 0, 113, 25},
		{"two-phase-commit", nil, 4, 2, 0, 210_485, 106_699},
		{"paxos", nil, 4, 1, 0, 1169, 633},
		{"paxos", nil, 5, 1, 0, 39_649, 7505},
		{"byzantine-generals", Chosen{"traitor": "none"}, 4, 0, 0, 250, 60},
		{"byzantine-generals", Chosen{"traitor": "n1"}, 4, 0, 0, 2000, 400},
		{"byzantine-generals", Chosen{"traitor": "n3"}, 4, 0, 0, 850, 450},
		{"byzantine-generals", Chosen{"traitor": "n1"}, 5, 0, 0, 209_952, 9810},
		{"demo", nil, 3, 0, 7, 2078, 365},
		{"demo", nil, 4, 1, 5, 628, 361},
	} {
		t.Run(fmt.Sprint(c.protocol, c.chosen, c.nodes, c.clients), func(t *testing.T) {
			if testing.Short() && c.states > 50_000 {
				t.Skip("takes several seconds")
			}
			small := func(s *Setup) { s.Nodes, s.Clients, s.Timeouts = c.nodes, c.clients, timeouts(c.depth) }
			alike := func(s *Setup) { small(s); s.Symmetry = true }
			all := visited(t, system(t, c.protocol, c.chosen, small), c.depth)
			orbits := visited(t, system(t, c.protocol, c.chosen, alike), c.depth)
			if got, want := [2]int{all.Unique, orbits.Unique}, [2]int{c.states, c.orbits}; got != want {
				t.Errorf("states and orbits are %v, want %v", got, want)
			}
			if all.Depth != orbits.Depth || all.Validity() != orbits.Validity() || all.Complete != orbits.Complete {
				t.Errorf("all: %+v; orbits: %+v", all, orbits)
			}
			if c.states > 5000 || c.depth > 0 {
				return
			}
			states, classes := writtenDown(t, system(t, c.protocol, c.chosen, small), group(t, system(t, c.protocol, c.chosen, alike)))
			if states != all.Unique || classes != orbits.Unique {
				t.Errorf("written down, %d states and %d orbits; visited, %d and %d", states, classes, all.Unique, orbits.Unique)
			}
		})
	}
}

// What is wrong is wrong in every order of names, after as many steps.
func TestMistakesAreFoundUpToNames(t *testing.T) {
	for _, c := range []struct {
		protocol, bug, violated string
		nodes                   int
	}{
		{"two-phase-commit", "commit-in-doubt", "all nodes or none commit", 4},
		{"byzantine-generals", "trusting", "IC1: the loyal lieutenants agree", 5},
		{"paxos", "quorum-1", "linearizable register", 5},
	} {
		chosen := Chosen{bugSetting: c.bug}
		steps := func(symmetry bool) int {
			result := exploration(t, c.protocol, chosen, func(s *Setup) { s.Nodes, s.Symmetry = c.nodes, symmetry })
			p := result.Property(c.violated)
			if p.Validity != checkers.Invalid || p.Trace == nil {
				t.Fatalf("%s: %+v", c.bug, result.Properties)
			}
			return len(p.Trace.Steps)
		}
		if all, orbits := steps(false), steps(true); all != orbits {
			t.Errorf("%s: %d steps, and %d up to names", c.bug, all, orbits)
		}
	}
}

// Where nobody is like anybody else, or names stand in bytes, there is nothing to
// exchange, and the user hears why.
func TestWhoIsNotAlike(t *testing.T) {
	for _, c := range []struct {
		protocol string
		change   func(*Setup)
		why      string
	}{
		{"abd", func(*Setup) {}, "not interchangeable"},
		{"two-phase-commit", func(s *Setup) { s.Faults = once }, "do not crash"},
		{"two-phase-commit", func(s *Setup) { s.Nodes, s.Clients = 3, 2 }, "less than two alone"},
		{"paxos", func(s *Setup) { s.Nodes, s.Clients = 3, 1 }, "less than two alone"},
		{"byzantine-generals", func(s *Setup) { s.Nodes = 2 }, "3 nodes at least"},
	} {
		p, err := Find(c.protocol)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Exploration.Setup(nil)
		c.change(&s)
		s.Symmetry = true
		if err = p.Exploration.Check(s); err == nil {
			_, err = p.Exploration.System(s, nil)
		}
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, expected %q", c.protocol, err, c.why)
		}
	}
}

// timeouts are none where everything is visited: how many are left of a budget cannot
// be seen in a state. Without them, the demo does nothing.
func timeouts(depth int) int {
	if depth > 0 {
		return explore.Unlimited
	}
	return explore.Never
}

func visited(t *testing.T, e explore.Explorer, depth int) *explore.Result {
	t.Helper()
	result, err := e.Explore(t.Context(), explore.Options{MaxDepth: depth})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func system(t *testing.T, name string, c Chosen, change func(*Setup)) explore.Explorer {
	t.Helper()
	p, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Exploration.Setup(c)
	change(&s)
	e, err := p.Exploration.System(s, c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// group are the nodes that the system says are interchangeable.
func group(t *testing.T, e explore.Explorer) []actor.ID {
	t.Helper()
	switch s := e.(type) {
	case explore.System[twophase.State, twophase.Message]:
		return s.Interchangeable[0]
	case explore.System[paxos.State, paxos.Message]:
		return s.Interchangeable[0]
	case generalsWith:
		return s.Interchangeable[0]
	default:
		t.Fatalf("%T has no interchangeable nodes", s)
		return nil
	}
}

// writtenDown counts the texts of all states, and those that differ by more than an
// exchange of names.
func writtenDown(t *testing.T, e explore.Explorer, group []actor.ID) (states, orbits int) {
	t.Helper()
	switch s := e.(type) {
	case explore.System[twophase.State, twophase.Message]:
		return countTexts(t, s, group)
	case explore.System[paxos.State, paxos.Message]:
		return countTexts(t, s, group)
	case generalsWith:
		return countTexts[byzantine.State, byzantine.Message](t, s.System, group)
	default:
		t.Fatalf("%T cannot be written down", e)
		return 0, 0
	}
}

func countTexts[S, M any](t *testing.T, s explore.System[S, M], group []actor.ID) (states, orbits int) {
	t.Helper()
	texts, smallest := map[string]bool{}, map[string]bool{}
	s.Properties = []explore.Property[explore.View[S, M]]{explore.Always("written down", func(v explore.View[S, M]) error {
		texts[text(t, s, v, nil)] = true
		smallest[smallestText(t, s, v, group)] = true
		return nil
	})}
	if _, err := s.Explore(t.Context(), explore.Options{Workers: 1, Exhaust: true}); err != nil {
		t.Fatal(err)
	}
	return len(texts), len(smallest)
}

// smallestText is the first of a state's texts with the names in every order.
func smallestText[S, M any](t *testing.T, s explore.System[S, M], v explore.View[S, M], group []actor.ID) string {
	smallest := ""
	for _, order := range orders(group) {
		names := map[string]string{}
		for i, id := range group {
			names[string(id)] = string(order[i])
		}
		if other := text(t, s, v, names); smallest == "" || other < smallest {
			smallest = other
		}
	}
	return smallest
}

func orders(group []actor.ID) [][]actor.ID {
	if len(group) == 0 {
		return [][]actor.ID{{}}
	}
	var all [][]actor.ID
	for _, rest := range orders(group[1:]) {
		for at := range group {
			all = append(all, slices.Insert(slices.Clone(rest), at, group[0]))
		}
	}
	return all
}

// text is all of a state, with other names.
func text[S, M any](t *testing.T, s explore.System[S, M], v explore.View[S, M], names map[string]string) string {
	var lines []string
	add := func(parts ...any) {
		line, err := json.Marshal(parts)
		if err != nil {
			t.Fatal(err)
		}
		var read any
		if err := json.Unmarshal(line, &read); err != nil {
			t.Fatal(err)
		}
		if line, err = json.Marshal(exchanged(read, names)); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	for id, state := range v.States() {
		add("node", id, state, v.Timers(id))
	}
	for m := range v.Messages() {
		add("message", m)
	}
	for i := range s.Clients {
		add("client", i, v.Answered(i))
	}
	if len(s.Promises) > 0 {
		add("history", v.History().Ops)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// exchanged is a JSON value with other names, as keys and as values.
func exchanged(value any, names map[string]string) any {
	other := func(name string) string {
		if to, is := names[name]; is {
			return to
		}
		return name
	}
	switch v := value.(type) {
	case string:
		return other(v)
	case []any:
		for i := range v {
			v[i] = exchanged(v[i], names)
		}
	case map[string]any:
		renamed := make(map[string]any, len(v))
		for key, item := range v {
			renamed[other(key)] = exchanged(item, names)
		}
		return renamed
	}
	return value
}
