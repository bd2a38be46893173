package delivery_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// fifo is a correct queue whose clients are sometimes lied to.
type fifo struct {
	random *rand.Rand
	lies   float64
	drain  bool
	last   int
	queue  []history.Value
}

func (q *fifo) Next() history.Op {
	if q.drain || q.random.IntN(2) == 0 {
		return history.Op{F: "receive", Key: "q", Final: q.drain}
	}
	q.last++
	return history.Op{F: "send", Key: "q", Value: history.Int(q.last)}
}

func (q *fifo) lie() bool { return q.random.Float64() < q.lies }

func (q *fifo) Effect(op history.Op) any {
	switch {
	case op.F == "send" && q.lie(): // lost
	case op.F == "send":
		q.queue = append(q.queue, op.Value)
	case len(q.queue) > 0:
		return q.take()
	}
	return history.Value{}
}

func (q *fifo) take() history.Value {
	at := 0
	if q.lie() {
		at = q.random.IntN(len(q.queue))
	}
	value := q.queue[at]
	if !q.lie() {
		q.queue = slices.Delete(q.queue, at, at+1)
	}
	return value
}

func (q *fifo) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	lie := q.lie() && q.random.IntN(5) == 0
	switch {
	case op.F == "send" && lie:
		return history.Fail, op.Value, "refused"
	case op.F == "send":
		return history.OK, op.Value, ""
	case lie && q.random.IntN(2) == 0:
		return history.OK, history.Value{}, ""
	case lie:
		return history.OK, history.Int(1 + q.random.IntN(q.last+1)), ""
	}
	return history.OK, answer.(history.Value), ""
}

// smallHistory is one of up to ten operations, mostly with a drain.
func smallHistory(random *rand.Rand) *history.History {
	q := &fifo{random: random, lies: []float64{0, 0.1, 0.3}[random.IntN(3)]}
	c := script.Clients{Random: random, System: q, Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
	h := c.Work(1+random.IntN(4), 2+random.IntN(5))
	if random.IntN(4) > 0 {
		q.drain = true
		h = c.Work(1+random.IntN(2), 1+random.IntN(4))
	}
	return h
}

// promise is what the oracle demands.
type promise struct {
	profile   delivery.Profile
	unordered bool
}

// oracle decides by trying all orders of all operations in all ways, from the
// definition and straight from the calls: whether some run of a queue that keeps
// its promise looks like this. A receive that found the queue empty means nothing
// to it, except for the drain: then nothing must be left that was acknowledged
// before and never received.
func (p promise) oracle(calls []history.Call, drain int) bool {
	o := &orders{promise: p, drain: drain, received: map[int]int{}}
	for i, call := range calls {
		if call.Type != history.Fail && (call.F == "send" || call.Type == history.Info || !call.Out.IsNil() || i == drain) {
			o.calls = append(o.calls, call)
			if i == drain {
				o.drain = len(o.calls) - 1
			}
		}
		if n, is := call.Out.Int(); is && call.F == "receive" && call.Type == history.OK {
			o.received[n]++
		}
	}
	return o.any(0, nil, nil)
}

type orders struct {
	promise
	calls    []history.Call
	drain    int
	received map[int]int
}

// any says whether the calls that are not yet taken have an order, given what is
// in the queue and what was delivered from it.
func (o *orders) any(taken uint, queue, delivered []int) bool {
	firstEnd, done := 1<<62, true
	for i, call := range o.calls {
		if taken&(1<<i) == 0 && call.Type != history.Info {
			firstEnd, done = min(firstEnd, call.Complete), false
		}
	}
	if done {
		return true
	}
	for i, call := range o.calls {
		if taken&(1<<i) == 0 && call.Invoke < firstEnd && o.take(i, taken|1<<i, queue, delivered) {
			return true
		}
	}
	return false
}

func (o *orders) take(i int, taken uint, queue, delivered []int) bool {
	call := o.calls[i]
	switch {
	case call.F == "send":
		n, _ := call.In.Int()
		return o.any(taken, append(slices.Clone(queue), n), delivered)
	case i == o.drain:
		return o.drained(queue) && o.any(taken, queue, delivered)
	}
	n, known := call.Out.Int()
	for at, m := range queue {
		if known && m != n || at > 0 && !o.unordered && o.profile != delivery.AtMostOnce {
			continue
		}
		rest := slices.Delete(slices.Clone(queue), at, at+1)
		if !o.unordered {
			rest = slices.Clone(queue[at+1:]) // what was before may only be lost
		}
		if o.any(taken, rest, append(slices.Clone(delivered), m)) {
			return true
		}
	}
	again := known && o.profile == delivery.AtLeastOnce && slices.Contains(delivered, n)
	return again && o.any(taken, queue, delivered)
}

// drained says that nothing is left that should not be.
func (o *orders) drained(queue []int) bool {
	for _, call := range o.calls {
		n, _ := call.In.Int()
		if call.F == "send" && call.Type == history.OK && call.Complete < o.calls[o.drain].Invoke && o.received[n] == 0 && slices.Contains(queue, n) {
			return false
		}
	}
	return true
}

// drainOf is the receive by which the drain was complete, or none, and whether
// some acknowledged message is missing about which it says nothing. It is New's
// definition again, in a few loops.
func drainOf(calls []history.Call) (drain int, open bool) {
	drain = -1
	for i, call := range calls {
		if call.Final && call.Type == history.OK && call.F == "receive" && call.Out.IsNil() {
			drain = i
		}
	}
	ackedAt, received := map[int]int{}, map[int]bool{}
	for _, call := range calls {
		if n, _ := call.In.Int(); call.F == "send" && call.Type == history.OK {
			ackedAt[n] = call.Complete
		}
	}
	complete := drain >= 0
	for _, call := range calls {
		n, is := call.Out.Int()
		if call.F != "receive" || call.Type != history.OK || !is {
			continue
		}
		received[n] = true
		acked, sent := ackedAt[n]
		if drain >= 0 && sent && acked < calls[drain].Invoke && call.Invoke > calls[drain].Complete {
			complete = false
		}
	}
	if !complete {
		drain = -1
	}
	for n, acked := range ackedAt {
		open = open || !received[n] && (drain < 0 || acked > calls[drain].Invoke)
	}
	return drain, open
}

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 10_000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		p := promise{profile: []delivery.Profile{delivery.ExactlyOnce, delivery.AtLeastOnce, delivery.AtMostOnce}[random.IntN(3)], unordered: random.IntN(3) == 0}
		var options []delivery.Option
		if p.unordered {
			options = append(options, delivery.Unordered())
		}
		got, err := delivery.New(p.profile, options...).Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		want := p.verdict(h.Calls())
		tally.Count(p.profile.String() + " " + want.String())
		if got.Validity != want {
			t.Errorf("%+v: %v (%s), want %v:\n%s", p, got.Validity, got.Reason, want, script.String(h))
			return false
		}
		if want == checkers.Invalid {
			for _, f := range got.Findings {
				tally.Count(f.Anomaly)
			}
			return script.PointsAtCalls(t, h, got)
		}
		return true
	})
	tally.Log(t)
}

func (p promise) verdict(calls []history.Call) checkers.Validity {
	drain, open := drainOf(calls)
	if p.profile == delivery.AtMostOnce {
		drain = -1
	}
	received, acked := false, false
	for _, call := range calls {
		received = received || call.F == "receive" && call.Type == history.OK && !call.Out.IsNil()
		acked = acked || call.F == "send" && call.Type == history.OK
	}
	switch {
	case !p.oracle(calls, drain):
		return checkers.Invalid
	case !received && (!acked || p.profile == delivery.AtMostOnce):
		return checkers.Unknown
	case open && p.profile != delivery.AtMostOnce:
		return checkers.Unknown
	}
	return checkers.Valid
}
