package explore

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// past is what clients did and saw, as far as it matters to a promise: the
// operations of each process, and for each operation how many of every other
// process had been answered when it was invoked. That is less than the order in
// which everything happened, and says the same: which operation came before which
// other one. (Stateright keeps histories in this form.)
type past struct {
	// threads are the processes that have invoked something, in order.
	threads []pastThread
}

type pastThread struct {
	process int
	ops     []pastOp
}

// pastOp is an operation. It is open until it is answered; one that was given up
// stays so.
type pastOp struct {
	client, call int
	// before are the other processes of which operations had been answered, and how
	// many, in order.
	before   []answeredOf
	answered bool
	answer   Answer
}

type answeredOf struct{ process, count int }

// invoke is the past after an invocation. Pasts are not changed.
func (p past) invoke(process, client, call int) past {
	op := pastOp{client: client, call: call}
	for _, t := range p.threads {
		if n := t.answered(); n > 0 && t.process != process {
			op.before = append(op.before, answeredOf{t.process, n})
		}
	}
	next := past{slices.Clone(p.threads)}
	at, found := slices.BinarySearchFunc(next.threads, process, func(t pastThread, process int) int { return t.process - process })
	if !found {
		next.threads = slices.Insert(next.threads, at, pastThread{process: process})
	}
	next.threads[at].ops = append(slices.Clone(next.threads[at].ops), op)
	return next
}

func (t pastThread) answered() int {
	n := len(t.ops)
	if n > 0 && !t.ops[n-1].answered {
		n--
	}
	return n
}

// answer is the past after the answer to the last operation of a process.
func (p past) answer(process int, a Answer) past {
	next := past{slices.Clone(p.threads)}
	for i, t := range next.threads {
		if t.process == process {
			ops := slices.Clone(t.ops)
			ops[len(ops)-1].answered, ops[len(ops)-1].answer = true, a
			next.threads[i].ops = ops
		}
	}
	return next
}

func (p past) append(to []byte) []byte {
	to = appendNumber(to, len(p.threads))
	for _, t := range p.threads {
		to = appendNumber(appendNumber(to, t.process), len(t.ops))
		for _, op := range t.ops {
			to = op.append(to)
		}
	}
	return to
}

func (op pastOp) append(to []byte) []byte {
	to = appendNumber(appendNumber(to, op.call), len(op.before))
	for _, b := range op.before {
		to = appendNumber(appendNumber(to, b.process), b.count)
	}
	if !op.answered {
		return append(to, 0)
	}
	return op.answer.append(append(to, 1))
}

func (a Answer) append(to []byte) []byte {
	value, err := json.Marshal(a.Value)
	if err != nil {
		panic("a value of a history is no JSON: " + err.Error())
	}
	return appendText(appendText(append(to, byte(a.Type)), string(value)), a.Error)
}

// place is an operation of a past.
type place struct{ thread, op int }

// history is a history in which exactly those operations come before others that do
// so in the past. The operations that come before another one are a set, and of two
// such sets one contains the other, as both are all that was answered by some
// moment. From the smallest set to the largest, what is in it ends, and then what
// it comes before begins.
func (p past) history(clients []Client) *history.History {
	w := historyWriter{past: p, clients: clients, ended: make([]int, len(p.threads)), history: &history.History{}}
	places := p.places()
	sizes := make(map[place]int, len(places))
	for _, at := range places {
		for _, b := range p.before(at) {
			sizes[at] += b
		}
	}
	slices.SortStableFunc(places, func(x, y place) int { return sizes[x] - sizes[y] })
	for _, at := range places {
		for thread, n := range p.before(at) {
			w.end(thread, n)
		}
		w.begin(at)
	}
	for thread, t := range p.threads {
		w.end(thread, t.answered())
	}
	return w.history
}

func (p past) places() []place {
	var all []place
	for i, t := range p.threads {
		for k := range t.ops {
			all = append(all, place{i, k})
		}
	}
	return all
}

// before is how many operations of each thread come before one.
func (p past) before(at place) []int {
	counts := make([]int, len(p.threads))
	counts[at.thread] = at.op
	for _, b := range p.threads[at.thread].ops[at.op].before {
		i := slices.IndexFunc(p.threads, func(t pastThread) bool { return t.process == b.process })
		counts[i] = b.count
	}
	return counts
}

type historyWriter struct {
	past    past
	clients []Client
	ended   []int
	history *history.History
}

func (w *historyWriter) begin(at place) {
	t := w.past.threads[at.thread]
	op := w.of(t, at.op)
	op.Type = history.Invoke
	w.append(op)
}

// of is what the script says of an operation.
func (w *historyWriter) of(t pastThread, i int) history.Op {
	call := w.clients[t.ops[i].client].Calls[t.ops[i].call]
	op := call.Op
	op.Process, op.Node = t.process, string(call.Node)
	return op
}

// end lets the first n operations of a thread end.
func (w *historyWriter) end(thread, n int) {
	t := w.past.threads[thread]
	for ; w.ended[thread] < n; w.ended[thread]++ {
		answer := t.ops[w.ended[thread]].answer
		op := w.of(t, w.ended[thread])
		op.Type, op.Value, op.Error = answer.Type, answer.Value, answer.Error
		w.append(op)
	}
}

func (w *historyWriter) append(op history.Op) {
	op.Index = len(w.history.Ops)
	op.Time = time.Duration(op.Index) * time.Millisecond
	w.history.Ops = append(w.history.Ops, op)
}
