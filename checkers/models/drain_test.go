package models_test

import (
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/models"
	"github.com/assaykit/assay/harness/history"
)

// simulated is a queue that is right, with receives that fail when it is empty, and
// drains in the midst of everything.
type simulated struct {
	random   *rand.Rand
	last     int
	messages []history.Value
	// loses is set if the next drain shall forget a message.
	loses, lost bool
}

func (q *simulated) Next() history.Op {
	switch q.random.IntN(6) {
	case 0:
		return history.Op{F: "drain"}
	case 1, 2:
		return history.Op{F: "dequeue"}
	}
	q.last++
	return history.Op{F: "enqueue", Value: history.Int(q.last)}
}

func (q *simulated) Effect(op history.Op) any {
	switch {
	case op.F == "enqueue":
		q.messages = append(q.messages, op.Value)
		return op.Value
	case op.F == "drain":
		all := q.messages
		q.messages = nil
		return history.List(all...)
	case len(q.messages) == 0:
		return nil
	}
	first := q.messages[0]
	q.messages = q.messages[1:]
	return first
}

func (q *simulated) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	if answer == nil {
		return history.Fail, history.Value{}, "empty"
	}
	value := answer.(history.Value)
	items, _ := value.Items()
	if q.loses && len(items) > 0 {
		q.loses, q.lost = false, true
		value = history.List(items[1:]...)
	}
	return history.OK, value, ""
}

// Drains never make a queue that is right look wrong, whatever else happens while
// they last and however they end; and one that forgets a message is found out if
// nothing else can have taken it.
func TestDrainsAreTranslatedWithoutFalseAlarm(t *testing.T) {
	queue, err := models.Find("queue")
	if err != nil {
		t.Fatal(err)
	}
	var tally script.Tally
	script.Try(t, 3000, 4, func(t *testing.T, random *rand.Rand) bool {
		system := &simulated{random: random, loses: random.IntN(4) == 0}
		trouble := 0.15 * float64(random.IntN(2))
		clients := &script.Clients{Random: random, System: system, Trouble: trouble}
		clients.Work(1+random.IntN(5), 2+random.IntN(20))
		h := finish(clients, system)
		text := script.String(h)
		v, err := queue.Judge(t.Context(), h, nil)
		if err != nil {
			t.Error(err)
			return false
		}
		tally.Count(v.Validity.String())
		right := v.Validity != checkers.Invalid
		if system.lost {
			right = !right || trouble > 0
		}
		if !right {
			t.Errorf("lost %v, but %v: %s\n%s", system.lost, v.Validity, v.Reason, text)
		}
		return right
	})
	tally.Log(t)
}

// finish drains the queue by one client alone.
func finish(clients *script.Clients, system *simulated) *history.History {
	h := clients.Work(0, 0)
	process := 0
	for _, op := range h.Ops {
		process = max(process, op.Process+1)
	}
	last := h.Ops[len(h.Ops)-1]
	op := history.Op{Index: len(h.Ops), Process: process, F: "drain", Time: last.Time}
	h.Ops = append(h.Ops, op)
	op.Index++
	op.Type, op.Value, _ = system.Tell(op, system.Effect(op))
	h.Ops = append(h.Ops, op)
	return h
}
