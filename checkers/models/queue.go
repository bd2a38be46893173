package models

import (
	"slices"

	"github.com/assaykit/assay/harness/history"
)

// Names and choices of queues.
const (
	send, receive, drain = "send", "receive", "drain"

	fifo        = "fifo"
	perProducer = "per-producer"
	perConsumer = "per-consumer"
	unordered   = "unordered"

	atTheEnd = "end"
)

var (
	deliveryProfile = Setting{
		Key: "profile", Default: "exactly-once", About: "what the system promises about each message",
		Choices: []Choice{
			{"at-most-once", "messages may be lost, but are never received twice"},
			{"at-least-once", "messages may be received twice, but are never lost"},
			{"exactly-once", "messages are neither lost nor received twice"},
		},
	}
	deliveryOrder = Setting{
		Key: "order", Default: fifo, About: "which messages keep their order",
		Choices: []Choice{
			{fifo, "no message overtakes another one"},
			{perProducer, "none overtakes another one of its producer"},
			{perConsumer, "none overtakes another one of its producer at the same consumer"},
			{unordered, "messages may come in any order"},
		},
	}
	deliveryDrain = Setting{
		Key: "drain", Default: "marked", About: "which receives show that the queue was drained",
		Choices: []Choice{
			{"marked", "those that are marked as final, and operations called drain"},
			{atTheEnd, "also all that were invoked after the last send: by then everything was healed"},
		},
	}
)

// queues translates what other tools record of queues.
//
//   - A receive that failed because the queue was empty is an answer: nothing
//     was there.
//   - A drain that is ok has received all that it lists, and then found the queue
//     empty. It becomes as many receives, each of which may have taken place at
//     any moment of the drain.
//   - A drain of unknown outcome may have taken any of the messages that were
//     sent: it becomes as many receives of unknown outcome as there are sends.
//
// A drain with another result stays what it is, which no queue can judge.
func queues(h *history.History, o Options) *history.History {
	for i := range h.Ops {
		if op := &h.Ops[i]; op.F == receive && op.Type == history.Fail && isEmpty(op.Error) {
			op.Type, op.Value = history.OK, history.Value{}
		}
	}
	if o.of(deliveryDrain) == atTheEnd {
		markEnd(h)
	}
	if !slices.ContainsFunc(h.Ops, func(op history.Op) bool { return op.F == drain && op.Process != history.Nemesis }) {
		return h
	}
	return newExpansion(h).expand()
}

// isEmpty knows the errors by which Jepsen's queues say that nothing was there.
func isEmpty(text string) bool {
	return text == "empty" || text == "exhausted" || text == "queue-empty"
}

// markEnd marks the receives that were invoked after the last send to their queue.
func markEnd(h *history.History) {
	last := map[string]int{}
	for i := range h.Ops {
		if op := &h.Ops[i]; op.F == send && op.Type == history.Invoke {
			last[op.Key] = i
		}
	}
	for _, call := range h.Calls() {
		if sent, some := last[call.Key]; call.F == receive && (!some || call.Invoke > sent) {
			h.Ops[call.Invoke].Final = true
			if call.Complete >= 0 {
				h.Ops[call.Complete].Final = true
			}
		}
	}
}

// expansion replaces drains by receives.
type expansion struct {
	from *history.History
	to   []history.Op
	// drains are those to be replaced, by the indexes of their invocations and of
	// their completions.
	drains map[int]*history.Call
	sends  map[string]int
	// process is the last one in use; first are those of drains, by invocation.
	process int
	first   map[int]int
}

func newExpansion(h *history.History) *expansion {
	e := &expansion{from: h, drains: map[int]*history.Call{}, sends: map[string]int{}, first: map[int]int{}}
	for _, call := range h.Calls() {
		e.process = max(e.process, call.Process)
		switch {
		case call.F == send:
			e.sends[call.Key]++
		case call.F == drain && isReplaceable(call):
			e.drains[call.Invoke] = &call
			if call.Complete >= 0 {
				e.drains[call.Complete] = &call
			}
		}
	}
	return e
}

func isReplaceable(call history.Call) bool {
	_, isList := call.Out.Items()
	return call.Type != history.OK || isList || call.Out.IsNil()
}

func (e *expansion) expand() *history.History {
	for i, op := range e.from.Ops {
		call, is := e.drains[i]
		switch {
		case !is:
			e.add(op)
		case i == call.Invoke:
			e.invoke(op, call)
		case call.Type == history.OK:
			e.complete(op, call)
		}
	}
	return &history.History{Ops: e.to}
}

func (e *expansion) add(op history.Op) {
	op.Index = len(e.to)
	e.to = append(e.to, op)
}

// invoke begins all receives of a drain.
func (e *expansion) invoke(op history.Op, call *history.Call) {
	items, _ := call.Out.Items()
	receives := len(items) + 1 // the last one finds nothing
	switch call.Type {
	case history.Fail:
		receives = 0
	case history.Info:
		receives = e.sends[call.Key]
	}
	e.first[call.Invoke] = e.process + 1
	for range receives {
		e.process++
		op.F, op.Process, op.Value, op.Final = receive, e.process, history.Value{}, true
		e.add(op)
	}
}

func (e *expansion) complete(op history.Op, call *history.Call) {
	items, _ := call.Out.Items()
	for i := range len(items) + 1 {
		op.F, op.Process, op.Value, op.Final = receive, e.first[call.Invoke]+i, history.Value{}, true
		if i < len(items) {
			op.Value = items[i]
		}
		e.add(op)
	}
}
