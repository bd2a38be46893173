package ledger

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// none is no call, and never the place of what does not come.
const (
	none  = -1
	never = math.MaxInt
)

// ledger is the history of one ledger. Calls are named by their places in it, and
// times are places in the whole history, which are exact and all different.
type ledger struct {
	name   string
	calls  []history.Call
	orders []order
	// before is, for each attempt, the attempt of the same order before it, or none.
	before []int32
	// reads are those that were answered, finals the ones of them after all faults,
	// both in the order of their invocations.
	reads  []reading
	finals []reading
}

// reading is a read that was answered.
type reading struct {
	call    int
	entries []entry
}

// entry is a line of the ledger: the place of an order, and an amount.
type entry struct {
	order  int32
	amount int
}

// order is what happened to one order.
type order struct {
	id int
	// latest is the last attempt of any outcome, possible the first one that may
	// have had an effect, with its amount; each none if there was none.
	latest, possible, amount int
	// acked is the attempt that was acknowledged first, ackedLast the one that was
	// last; each none if there was none.
	acked, ackedLast int
	// seen is the read that has it and was done first, seenLast the one that was
	// done last; each none if there was none.
	seen, seenLast int
	// counted is the last read, and countedFinal the last final one, in which its
	// entries were counted, so that several in one read count once. twice is the
	// first read in which there are several. Each is none if there is none.
	counted, countedFinal, twice int
	// shown is the amount that the first read shows. odd is the first read whose
	// amount cannot be right or is another one, or none.
	shown, odd int
	examined   bool
	// has is how many of the final reads that should have it do.
	has int
}

func parse(k history.KeyCalls) (*ledger, error) {
	l := &ledger{name: k.Key, calls: k.Calls, before: make([]int32, len(k.Calls))}
	places := make(map[int]int32, len(k.Calls)) // most calls are the only attempt of an order
	l.orders = make([]order, 0, len(k.Calls))
	for i := range k.Calls {
		call := &k.Calls[i]
		var err error
		switch call.F {
		case "charge":
			err = l.addAttempt(i, places)
		case "read", "statement":
			err = l.addRead(i, places)
		default:
			err = fmt.Errorf("a ledger has no such operation")
		}
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("ledger", k.Key), err)
		}
	}
	for i := range l.reads {
		l.examine(&l.reads[i])
	}
	return l, nil
}

func (l *ledger) place(id int, places map[int]int32) int32 {
	at, known := places[id]
	if !known {
		at = int32(len(l.orders))
		places[id] = at
		l.orders = append(l.orders, order{id: id, latest: none, possible: none, acked: none, ackedLast: none,
			seen: none, seenLast: none, counted: none, countedFinal: none, twice: none, odd: none})
	}
	return at
}

// pair reads [order amount].
func pair(v history.Value) (id, amount int, ok bool) {
	items, _ := v.Items()
	if len(items) != 2 {
		return 0, 0, false
	}
	id, first := items[0].Int()
	amount, second := items[1].Int()
	return id, amount, first && second
}

func (l *ledger) addAttempt(i int, places map[int]int32) error {
	call := &l.calls[i]
	id, amount, ok := pair(call.In)
	if !ok {
		return fmt.Errorf("it charges %v, which is not an order and an amount", call.In)
	}
	o := &l.orders[l.place(id, places)]
	l.before[i], o.latest = int32(o.latest), i
	if call.Type != history.Fail && o.possible == none {
		o.possible, o.amount = i, amount
	}
	if call.Type != history.OK {
		return nil
	}
	if o.acked == none || call.Complete < l.calls[o.acked].Complete {
		o.acked = i
	}
	if o.ackedLast == none || call.Complete > l.calls[o.ackedLast].Complete {
		o.ackedLast = i
	}
	return nil
}

func (l *ledger) addRead(i int, places map[int]int32) error {
	call := &l.calls[i]
	if call.Type != history.OK {
		return nil
	}
	items, ok := call.Out.Items()
	if !ok && !call.Out.IsNil() {
		return fmt.Errorf("it read %v, which is neither a list nor null", call.Out)
	}
	r := reading{call: i, entries: make([]entry, len(items))}
	for n, item := range items {
		id, amount, ok := pair(item)
		if !ok {
			return fmt.Errorf("it read %v, which is not an order and an amount", item)
		}
		at := l.place(id, places)
		r.entries[n] = entry{at, amount}
		l.orders[at].sight(l, i, amount)
	}
	l.reads = append(l.reads, r)
	if call.Final {
		l.finals = append(l.finals, r)
	}
	return nil
}

// sight notes that a read has the order.
func (o *order) sight(l *ledger, read, amount int) {
	if o.counted == read {
		if o.twice == none {
			o.twice = read
		}
		return
	}
	if o.counted = read; o.seen == none {
		o.shown = amount
	}
	if o.seen == none || l.calls[read].Complete < l.calls[o.seen].Complete {
		o.seen = read
	}
	if o.seenLast == none || l.calls[read].Complete > l.calls[o.seenLast].Complete {
		o.seenLast = read
	}
}

// known is the call that was done first of those that tell that the order is
// charged, or none.
func (l *ledger) known(o *order) int {
	if o.acked == none || o.seen != none && l.calls[o.seen].Complete < l.calls[o.acked].Complete {
		return o.seen
	}
	return o.acked
}

// knownAt is when that call was done.
func (l *ledger) knownAt(o *order) int {
	if call := l.known(o); call != none {
		return l.calls[call].Complete
	}
	return never
}

// examine looks at the amounts that a read shows, and counts the final reads that
// have what they should. It needs to know what all reads have seen.
func (l *ledger) examine(r *reading) {
	call := &l.calls[r.call]
	for _, e := range r.entries {
		o := &l.orders[e.order]
		if o.odd == none && (e.amount != o.shown || !o.examined && !l.asked(o, e.amount)) {
			o.odd = r.call
		}
		o.examined = true
		if call.Final && o.countedFinal != r.call && l.knownAt(o) < call.Invoke {
			o.countedFinal = r.call
			o.has++
		}
	}
}

// asked says that an attempt which can have charged the order asked for that
// amount: it may have had an effect, and was invoked before the order is known to
// be charged.
func (l *ledger) asked(o *order, amount int) bool {
	if o.possible == none {
		return false
	}
	by := l.knownAt(o)
	if o.amount == amount {
		return l.calls[o.possible].Invoke < by // the first of them
	}
	for i := o.latest; i != none; i = int(l.before[i]) {
		_, asked, _ := pair(l.calls[i].In)
		if l.calls[i].Type != history.Fail && asked == amount && l.calls[i].Invoke < by {
			return true
		}
	}
	return false
}

// attempts are the calls that tried to charge an order, in order of time.
func (l *ledger) attempts(o *order) []int {
	var all []int
	for i := o.latest; i != none; i = int(l.before[i]) {
		all = append(all, i)
	}
	slices.Reverse(all)
	return all
}
