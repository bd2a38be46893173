package delivery_test

import (
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// good is a history of a queue that is valid by construction, with a complete
// drain.
func good(operations int, trouble float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	q := &fifo{random: random}
	c := script.Clients{Random: random, System: q, Trouble: trouble}
	c.Work(5, operations)
	q.drain, c.Trouble = true, 0
	return c.Work(3, len(q.queue)+6)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(4) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			h := good(2000, trouble, seed)
			for _, p := range []delivery.Profile{delivery.ExactlyOnce, delivery.AtLeastOnce, delivery.AtMostOnce} {
				if got := check(t, delivery.New(p), h); got.Validity != checkers.Valid {
					t.Errorf("seed %d, trouble %v, %v: %v: %s", seed, trouble, p, got.Validity, got.Reason)
				}
			}
		}
	}
}

// mutations each break a good history without operations of unknown outcome, and
// name what must be found.
var mutations = []struct {
	name, expect string
	profile      delivery.Profile
	options      []delivery.Option
	spoil        func(h *history.History, receives []history.Call, at int)
}{
	{"a message vanishes", delivery.Lost, delivery.ExactlyOnce, nil, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Type = history.Fail
	}},
	{"a message vanishes from a queue that may deliver twice", delivery.Lost, delivery.AtLeastOnce, nil, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Type = history.Fail
	}},
	{"a message comes twice", delivery.Duplicated, delivery.ExactlyOnce, nil, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Value = receives[at-1].Out
	}},
	{"a message comes twice from a queue that may lose some", delivery.Duplicated, delivery.AtMostOnce, nil, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Value = receives[at-1].Out
	}},
	{"a message comes out of nowhere", delivery.Phantom, delivery.AtMostOnce, nil, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Value = history.Int(-1)
	}},
	{"two messages change places", delivery.Reordered, delivery.ExactlyOnce, nil, func(h *history.History, receives []history.Call, at int) {
		// So far apart that neither their sends nor their receives were concurrent.
		early := &h.Ops[receives[at-40].Complete]
		late := &h.Ops[receives[at].Complete]
		early.Value, late.Value = late.Value, early.Value
	}},
	{"two messages of a producer change places", delivery.Reordered, delivery.ExactlyOnce, []delivery.Option{delivery.PerProducer()}, func(h *history.History, receives []history.Call, at int) {
		change(h, receives, at, func(early, late history.Call) bool { return early.Process != late.Process })
	}},
	{"two messages of a producer change places at a consumer", delivery.Reordered, delivery.AtLeastOnce, []delivery.Option{delivery.PerConsumer()}, func(h *history.History, receives []history.Call, at int) {
		change(h, receives, at, func(early, late history.Call) bool { return early.Process == late.Process })
	}},
	{"a message was refused all the same", delivery.AbortedRead, delivery.AtMostOnce, nil, func(h *history.History, receives []history.Call, at int) {
		n, _ := receives[at].Out.Int()
		send := sendsOf(h)[n]
		h.Ops[send.Complete].Type, h.Ops[send.Complete].Error = history.Fail, "refused"
	}},
	{"a message comes again after its acknowledgement", delivery.RedeliveredAfterAck, delivery.AtLeastOnce, nil, func(h *history.History, receives []history.Call, at int) {
		value, consumer := receives[at].Out, receives[at].Process
		for _, op := range []history.Op{
			{F: "ack", Process: consumer, Value: value}, {F: "ack", Process: consumer, Value: value, Type: history.OK},
			{F: "receive", Process: 1_000_000}, {F: "receive", Process: 1_000_000, Value: value, Type: history.OK},
		} {
			op.Key, op.Index, op.Time = "q", len(h.Ops), h.Ops[len(h.Ops)-1].Time+1
			h.Ops = append(h.Ops, op)
		}
	}},
}

// sendsOf are the sends of a history by their messages.
func sendsOf(h *history.History) map[int]history.Call {
	sends := map[int]history.Call{}
	for _, call := range h.Calls() {
		if n, _ := call.In.Int(); call.F == "send" {
			sends[n] = call
		}
	}
	return sends
}

// change lets two messages of one producer change places which were both in the
// queue when the first was received, and which fit.
func change(h *history.History, receives []history.Call, at int, fit func(early, late history.Call) bool) {
	sends := sendsOf(h)
	for i := range receives {
		early := receives[(at+i)%len(receives)]
		for _, late := range receives {
			if late.Invoke < early.Complete || !fit(early, late) {
				continue
			}
			m, _ := early.Out.Int()
			n, _ := late.Out.Int()
			first, second := sends[m], sends[n]
			if first.Process == second.Process && first.Complete < second.Invoke && second.Complete < early.Invoke {
				h.Ops[early.Complete].Value, h.Ops[late.Complete].Value = late.Out, early.Out
				return
			}
		}
	}
	panic("no producer had two messages in the queue")
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(8) {
				h := good(1500, 0, seed)
				var receives []history.Call
				for _, call := range h.Calls() {
					if call.F == "receive" && !call.Out.IsNil() {
						receives = append(receives, call)
					}
				}
				m.spoil(h, receives, 40+rand.New(rand.NewPCG(seed, 4)).IntN(len(receives)-40))
				got := check(t, delivery.New(m.profile, m.options...), h)
				found := false
				for _, f := range got.Findings {
					found = found || f.Anomaly == m.expect
				}
				if got.Validity != checkers.Invalid || !found || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
				}
			}
		})
	}
}
