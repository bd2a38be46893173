package identifiers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// generator is what one generator gave out.
type generator struct {
	name  string
	calls []history.Call
	// given are the identifiers in the order of their calls' invocations.
	given []given
	// unordered is the first call with an identifier that has no order with those
	// before it, none if there is none.
	unordered int
}

// given is an identifier that a call was answered with.
type given struct {
	call   int
	number int
	// text is the identifier if it is no integer: a string, or the JSON of what is
	// neither.
	text string
	kind history.Kind
}

const none = -1

func parse(k history.KeyCalls) (*generator, error) {
	g := &generator{name: k.Key, calls: k.Calls, unordered: none}
	for i := range k.Calls {
		call := &k.Calls[i]
		if err := g.add(i); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("generator", k.Key), err)
		}
	}
	return g, nil
}

func (g *generator) add(i int) error {
	call := &g.calls[i]
	switch {
	case call.F != "generate":
		return fmt.Errorf("a generator has no such operation")
	case call.Type != history.OK:
		return nil
	case call.Out.IsNil():
		return fmt.Errorf("it was answered null, which is no identifier")
	}
	id := given{call: i, kind: call.Out.Kind()}
	if n, is := call.Out.Int(); is {
		id.number = n
	} else if s, is := call.Out.Text(); is {
		id.text = s
	} else {
		text, err := json.Marshal(call.Out)
		if err != nil {
			return err
		}
		id.text = string(text)
	}
	if g.unordered == none && !id.ordered(g.given) {
		g.unordered = i
	}
	g.given = append(g.given, id)
	return nil
}

// ordered says whether an identifier has an order with those before it.
func (id *given) ordered(before []given) bool {
	return (id.kind == history.KindInt || id.kind == history.KindString) && (len(before) == 0 || before[0].kind == id.kind)
}

func compare(a, b given) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
}

// sort returns the identifiers in their order, equal ones in that of their calls.
func (g *generator) sort() []given {
	sorted := slices.Clone(g.given)
	slices.SortFunc(sorted, func(a, b given) int { return cmp.Or(compare(a, b), cmp.Compare(a.call, b.call)) })
	return sorted
}

// repeated are the runs of equal identifiers.
func repeated(sorted []given) (runs [][]given) {
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && compare(sorted[from], sorted[to]) == 0 {
			to++
		}
		if to-from > 1 {
			runs = append(runs, sorted[from:to])
		}
		from = to
	}
	return runs
}

// inversion is an identifier that is smaller than one given out before.
type inversion struct{ before, after given }

// perProcess finds, for each process, where its identifiers do not grow.
func (g *generator) perProcess() (found []inversion) {
	last := map[int]given{}
	for _, id := range g.given {
		process := g.calls[id.call].Process
		if before, is := last[process]; is && compare(before, id) > 0 {
			found = append(found, inversion{before, id})
		}
		last[process] = id
	}
	return found
}

// realTime finds identifiers whose calls were invoked after one with a greater
// identifier was done. It goes from the greatest identifier down.
func (g *generator) realTime(sorted []given) (found []inversion) {
	first := none // the place of the one, among the greater ones, that was done first
	for i, id := range slices.Backward(sorted) {
		if first != none && compare(id, sorted[first]) < 0 && g.calls[sorted[first].call].Complete < g.calls[id.call].Invoke {
			found = append(found, inversion{sorted[first], id})
		}
		if first == none || g.calls[id.call].Complete < g.calls[sorted[first].call].Complete {
			first = i
		}
	}
	return found
}
