package watch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

const none = -1

// ledger is the history of a map. Calls are named by their places in it.
type ledger struct {
	calls []history.Call
	// changes are all that happened, in the order of their versions.
	changes []*change
	at      map[place]*change
	// makers are those who may have made a change, by what they do.
	makers  map[effect]*makers
	watches []watch
}

// place is a version of a key.
type place struct {
	version int
	key     string
}

// effect is what a put or delete does.
type effect struct {
	key     string
	value   int
	deletes bool
}

// makers are the calls that have an effect: those of unknown outcome, in the order of
// their invocations, and the first that failed, or none. acked is how many were
// acknowledged with a version.
type makers struct {
	unsure []int
	failed int
	acked  int
}

// change is one that happened. acked is the call that was told its version, and told
// the watch that has it and was done first; each is none if there is none. other is a
// call that tells of another effect, or none.
type change struct {
	place
	effect      effect
	acked, told int
	other       int
}

// watch is one that was answered.
type watch struct {
	call, after, upto int
	prefix            string
	told              []*change
}

func parse(calls []history.Call) (*ledger, error) {
	l := &ledger{calls: calls, at: map[place]*change{}, makers: map[effect]*makers{}}
	for i := range calls {
		if err := l.add(i); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", calls[i].Invoke, calls[i].F, checkers.On("key", calls[i].Key), err)
		}
	}
	slices.SortFunc(l.changes, func(a, b *change) int {
		return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(a.key, b.key))
	})
	return l, nil
}

func (l *ledger) add(i int) error {
	switch call := &l.calls[i]; call.F {
	case "put":
		value, ok := call.In.Int()
		if !ok {
			return fmt.Errorf("it puts %v, which is no integer", call.In)
		}
		return l.addMaker(i, effect{call.Key, value, false})
	case "delete":
		return l.addMaker(i, effect{key: call.Key, deletes: true})
	case "watch":
		return l.addWatch(i)
	default:
		return errors.New("a watched map has no such operation")
	}
}

func (l *ledger) addMaker(i int, e effect) error {
	m, known := l.makers[e]
	if !known {
		m = &makers{failed: none}
		l.makers[e] = m
	}
	call := &l.calls[i]
	switch {
	case call.Type == history.Info:
		m.unsure = append(m.unsure, i)
		return nil
	case call.Type == history.Fail:
		if m.failed == none {
			m.failed = i
		}
		return nil
	case e.deletes && call.Out.IsNil():
		return nil
	}
	version, ok := call.Out.Int()
	if !ok || version <= 0 {
		return fmt.Errorf("it was answered %v, which is no version", call.Out)
	}
	m.acked++
	switch c := l.change(place{version, e.key}, e, i); {
	case c.effect != e: // which is told already
	case c.acked == none:
		c.acked = i
	case c.other == none:
		c.other = i // two operations made it
	}
	return nil
}

// change is the one at a place, of which a call tells.
func (l *ledger) change(at place, e effect, call int) *change {
	c, known := l.at[at]
	if !known {
		c = &change{place: at, effect: e, acked: none, told: none, other: none}
		l.at[at] = c
		l.changes = append(l.changes, c)
	}
	if c.effect != e && c.other == none {
		c.other = call
	}
	return c
}

func (l *ledger) addWatch(i int) error {
	call := &l.calls[i]
	after, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it asks for changes after %v, which is no version", call.In)
	}
	if call.Type != history.OK {
		return nil
	}
	w := watch{call: i, after: after, prefix: call.Key}
	items, _ := call.Out.Items()
	if len(items) != 2 {
		return fmt.Errorf("it was answered %v, which is not [version changes]", call.Out)
	}
	upto, isVersion := items[0].Int()
	told, isList := items[1].Items()
	if !isVersion || !isList {
		return fmt.Errorf("it was answered %v, which is not [version changes]", call.Out)
	}
	w.upto = upto
	for _, item := range told {
		at, e, ok := toldOf(item)
		if !ok {
			return fmt.Errorf("it was told of %v, which is not [key value version]", item)
		}
		w.told = append(w.told, l.tell(i, at, e))
	}
	l.watches = append(l.watches, w)
	return nil
}

func (l *ledger) tell(call int, at place, e effect) *change {
	c := l.change(at, e, call)
	if c.told == none || l.calls[call].Complete < l.calls[c.told].Complete {
		c.told = call
	}
	return c
}

func toldOf(v history.Value) (at place, e effect, ok bool) {
	items, _ := v.Items()
	if len(items) != 3 {
		return at, e, false
	}
	key, named := items[0].Text()
	value, isNumber := items[1].Int()
	version, isVersion := items[2].Int()
	return place{version, key}, effect{key, value, !isNumber}, named && isVersion && (isNumber || items[1].IsNil())
}
