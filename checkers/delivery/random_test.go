package delivery_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

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

// withAcks lets consumers acknowledge some of what they received, before they do
// anything else.
func withAcks(random *rand.Rand, h *history.History) *history.History {
	acks := &acks{random: random, pending: map[int][]history.Op{}}
	for i, op := range h.Ops {
		for process := range 12 {
			for len(acks.pending[process]) > 0 && (process == op.Process || random.IntN(4) == 0) {
				acks.next(process)
			}
		}
		acks.record(op)
		if op.F == "receive" && op.Type == history.OK && !op.Value.IsNil() && random.IntN(2) == 0 {
			acks.plan(op, slices.ContainsFunc(h.Ops[i+1:], func(o history.Op) bool { return o.Process == op.Process }))
		}
	}
	for process := range 12 {
		for len(acks.pending[process]) > 0 {
			acks.next(process)
		}
	}
	return &acks.h
}

type acks struct {
	random  *rand.Rand
	pending map[int][]history.Op
	h       history.History
}

func (a *acks) record(op history.Op) {
	op.Index, op.Time = len(a.h.Ops), time.Duration(len(a.h.Ops))*time.Millisecond
	a.h.Ops = append(a.h.Ops, op)
}

func (a *acks) next(process int) {
	a.record(a.pending[process][0])
	a.pending[process] = a.pending[process][1:]
}

// plan plans the acknowledgement of what was received. A process that goes on knows
// how it ended. A few are of another message.
func (a *acks) plan(received history.Op, goesOn bool) {
	ack := history.Op{Process: received.Process, F: "ack", Key: received.Key, Value: received.Value}
	if a.random.IntN(8) == 0 {
		ack.Value = history.Int(1 + a.random.IntN(3))
	}
	done := ack
	done.Type = history.OK
	switch {
	case a.random.IntN(5) == 0:
		done.Type = history.Fail
	case !goesOn && a.random.IntN(4) == 0:
		done.Type = history.Info
	}
	a.pending[ack.Process] = append(a.pending[ack.Process], ack, done)
}

// scope is within what order is demanded.
type scope int

const (
	ofAll scope = iota
	ofProducers
	ofConsumers
	ofNone
)

// promise is what the oracle demands.
type promise struct {
	profile delivery.Profile
	order   scope
}

func (p promise) checker() checkers.Checker {
	return delivery.New(p.profile, map[scope][]delivery.Option{
		ofAll: nil, ofProducers: {delivery.PerProducer()}, ofConsumers: {delivery.PerConsumer()}, ofNone: {delivery.Unordered()},
	}[p.order]...)
}

// oracle decides by trying all orders of all operations in all ways, from the
// definition and straight from the calls: whether some run of a queue that keeps
// its promise looks like this. A receive that found the queue empty means nothing
// to it, except for the drain: then nothing must be left that was acknowledged
// before and never received.
func (p promise) oracle(calls []history.Call, drain int) bool {
	o := &orders{promise: p, drain: drain, received: map[int]int{}, producers: map[int]int{}}
	for i, call := range calls {
		if n, _ := call.In.Int(); call.F == "send" {
			o.producers[n] = call.Process
		}
		if call.F == "ack" && !own(calls, call) {
			continue
		}
		if call.Type != history.Fail && (call.F != "receive" || call.Type == history.Info || !call.Out.IsNil() || i == drain) {
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

// own says that a process acknowledges what it received.
func own(calls []history.Call, ack history.Call) bool {
	return slices.ContainsFunc(calls, func(c history.Call) bool {
		return c.F == "receive" && c.Type == history.OK && c.Process == ack.Process && c.Complete < ack.Invoke && c.Out.Equal(ack.In)
	})
}

type orders struct {
	promise
	calls    []history.Call
	drain    int
	received map[int]int
	// producers are the processes that sent the messages.
	producers map[int]int
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
	n, _ := call.In.Int()
	switch {
	case call.F == "send":
		return o.any(taken, append(slices.Clone(queue), n), delivered)
	case call.F == "ack": // what is settled stands below zero
		return o.any(taken, queue, append(slices.Clone(delivered), -n))
	case i == o.drain:
		return o.drained(queue) && o.any(taken, queue, delivered)
	}
	n, known := call.Out.Int()
	for at, m := range queue {
		first := !slices.ContainsFunc(queue[:at], func(x int) bool { return o.bound(x, m) })
		if known && m != n || !first && o.profile != delivery.AtMostOnce {
			continue
		}
		rest := slices.Clone(queue[at+1:])
		for i := at - 1; i >= 0; i-- {
			if !o.bound(queue[i], m) { // the others may only be lost
				rest = slices.Insert(rest, 0, queue[i])
			}
		}
		if o.any(taken, rest, append(slices.Clone(delivered), m)) {
			return true
		}
	}
	again := known && o.profile == delivery.AtLeastOnce && slices.Contains(delivered, n) && !slices.Contains(delivered, -n)
	return again && o.any(taken, queue, delivered)
}

// bound says that two messages must not overtake each other in the queue.
func (o *orders) bound(m, n int) bool {
	return o.order == ofAll || o.order == ofProducers && o.producers[m] == o.producers[n]
}

// overtakenAtConsumer says whether a process received a message after another one
// that the same producer had sent later, both for the only time; and whether that is so
// even if the first receive of unknown outcome was the first delivery.
func overtakenAtConsumer(calls []history.Call) (overtaken, certainly bool) {
	for _, a := range sendings(calls) {
		for _, b := range sendings(calls) {
			if a.send.Process != b.send.Process || a.send.Type != history.OK || a.send.Complete > b.send.Invoke || len(a.receives) != 1 || len(b.receives) != 1 {
				continue
			}
			ra, rb := a.receives[0], b.receives[0]
			if ra.Process != rb.Process || rb.Complete > ra.Invoke || ra.Complete < a.send.Invoke || rb.Complete < b.send.Invoke {
				continue
			}
			overtaken = true
			blind := slices.ContainsFunc(calls, func(c history.Call) bool {
				return c.F == "receive" && c.Type == history.Info && c.Invoke < ra.Complete
			})
			certainly = certainly || !blind
		}
	}
	return overtaken, certainly
}

// sending is a message that may have been sent, and who received it.
type sending struct {
	send     history.Call
	receives []history.Call
}

func sendings(calls []history.Call) []sending {
	var all []sending
	for _, c := range calls {
		if c.F != "send" || c.Type == history.Fail {
			continue
		}
		s := sending{send: c}
		for _, r := range calls {
			if r.F == "receive" && r.Type == history.OK && r.Out.Equal(c.In) {
				s.receives = append(s.receives, r)
			}
		}
		all = append(all, s)
	}
	return all
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
		if random.IntN(3) == 0 {
			h = withAcks(random, h)
		}
		p := promise{profile: []delivery.Profile{delivery.ExactlyOnce, delivery.AtLeastOnce, delivery.AtMostOnce}[random.IntN(3)], order: scope(random.IntN(4))}
		got, err := p.checker().Check(t.Context(), h)
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
	overtaken, certainly := false, false
	if p.order == ofConsumers {
		overtaken, certainly = overtakenAtConsumer(calls)
		certainly = certainly || overtaken && p.profile != delivery.AtLeastOnce
	}
	received := false
	for _, call := range calls {
		received = received || call.F == "receive" && call.Type == history.OK && !call.Out.IsNil()
	}
	switch {
	case certainly || !p.oracle(calls, drain):
		return checkers.Invalid
	case overtaken:
		return checkers.Unknown
	case !received:
		return checkers.Unknown
	case open && p.profile != delivery.AtMostOnce:
		return checkers.Unknown
	}
	return checkers.Valid
}

// Whatever stands in a history, it is judged or it is said why not.
func TestHostileValuesAreNoReasonToPanic(t *testing.T) {
	text := func(s string) (v history.Value) {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	values := []history.Value{{}, history.Bool(true), history.Int(math.MinInt), history.Int(math.MaxInt), history.Int(-1), history.Int(1),
		history.String("1"), history.List(), history.Ints(1, 2), text("1.5"), text(`{"a":[1]}`), text("[[1,2]]"), text("[[9223372036854775807,1]]"),
		text("[[-9223372036854775808,1],[0,2]]"), text(`[["a",[[1,2]]]]`), text("[null,[]]"), text("[[[[]]]]")}
	script.Try(t, 5_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		for range 1 + random.IntN(4) {
			if op := &h.Ops[random.IntN(len(h.Ops))]; random.IntN(3) > 0 {
				op.Value = values[random.IntN(len(values))]
			} else {
				op.Type = history.Type(random.IntN(4))
			}
		}
		got, err := delivery.New(delivery.Profile(random.IntN(3)), delivery.PerProducer()).Check(t.Context(), h)
		return err == nil && got.Reason != "" && (got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got))
	})
}
