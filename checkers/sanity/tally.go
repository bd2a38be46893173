package sanity

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// tally counts what clients did.
type tally struct {
	// kinds are the calls' F, in alphabetical order.
	kinds []string
	byF   map[string]*outcomes
	// load and final count the calls of the two phases, and looks those of the last one
	// that tell what an object holds, by the object.
	load, final outcomes
	looks       map[string]*outcomes
}

// telling are the kinds of calls that tell what an object holds.
var telling = []string{"read", "receive", "poll", "watch", "acquire", "learn"}

type outcomes struct {
	calls, ok, mismatch, info int
	lastError                 string
}

func count(calls []history.Call) *tally {
	t := &tally{byF: map[string]*outcomes{}, looks: map[string]*outcomes{}}
	for _, call := range calls {
		kind, known := t.byF[call.F]
		if !known {
			kind = &outcomes{}
			t.byF[call.F] = kind
			t.kinds = append(t.kinds, call.F)
		}
		kind.add(call)
		t.phase(call).add(call)
		if call.Final && slices.Contains(telling, call.F) {
			if t.looks[call.Key] == nil {
				t.looks[call.Key] = &outcomes{}
			}
			t.looks[call.Key].add(call)
		}
	}
	slices.Sort(t.kinds)
	return t
}

func (t *tally) phase(call history.Call) *outcomes {
	if call.Final {
		return &t.final
	}
	return &t.load
}

func (o *outcomes) add(call history.Call) {
	o.calls++
	switch {
	case call.Type == history.OK:
		o.ok++
		return
	case call.Type == history.Fail && call.Error == history.Mismatch:
		o.mismatch++
		return
	case call.Type == history.Info:
		o.info++
	}
	if call.Error != "" {
		o.lastError = call.Error
	}
}

func (o *outcomes) answered() int { return o.ok + o.mismatch }

// complaint quotes why the last call did not work, if it is known.
func (o *outcomes) complaint() string {
	if o.lastError == "" {
		return ""
	}
	return fmt.Sprintf(" (the last error: %s)", o.lastError)
}

func (t *tally) doubts() []string {
	var doubts []string
	for _, f := range t.kinds {
		if o := t.byF[f]; o.answered() == 0 {
			doubts = append(doubts, fmt.Sprintf("none of %s succeeded%s", checkers.Count(o.calls, f+" operation"), o.complaint()))
		}
	}
	return append(doubts, t.phaseDoubts()...)
}

func (t *tally) phaseDoubts() []string {
	var doubts []string
	switch {
	case t.load.calls == 0:
		doubts = append(doubts, "no client did anything before the final reads")
	case t.load.answered() == 0:
		doubts = append(doubts, "no operation before the final reads succeeded"+t.load.complaint())
	}
	switch {
	case t.final.calls == 0:
		doubts = append(doubts, "there were no final reads: what the system held after the faults was never looked at")
	case t.final.answered() == 0:
		doubts = append(doubts, "none of the final reads succeeded"+t.final.complaint())
	default:
		doubts = append(doubts, t.unseen()...)
	}
	return doubts
}

// unseen tells of objects that were looked at in vain.
func (t *tally) unseen() []string {
	unseen := slices.DeleteFunc(slices.Sorted(maps.Keys(t.looks)), func(key string) bool { return t.looks[key].answered() > 0 })
	if len(unseen) == 0 {
		return nil
	}
	o := t.looks[unseen[0]]
	text := fmt.Sprintf("none of %s of %q succeeded%s", checkers.Count(o.calls, "final look", "final looks"), unseen[0], o.complaint())
	if more := len(unseen) - 1; more > 0 {
		text += fmt.Sprintf(", nor any of %s", checkers.Count(more, "other object"))
	}
	return []string{text}
}

func (t *tally) stats() []checkers.Stat {
	var stats []checkers.Stat
	for _, f := range t.kinds {
		stats = append(stats, checkers.Stat{Name: f, Value: t.byF[f].String()})
	}
	return stats
}

func (o *outcomes) String() string {
	text := fmt.Sprintf("%s of %s ok", checkers.Number(o.ok), checkers.Number(o.calls))
	if o.mismatch > 0 {
		text += ", " + checkers.Count(o.mismatch, "mismatch", "mismatches")
	}
	if o.info > 0 {
		text += fmt.Sprintf(", %s of unknown outcome", checkers.Number(o.info))
	}
	return text
}
