package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// mostAttempts is how many attempts one finding points at: with the read they are
// four operations.
const mostAttempts = 3

// tell explains what is wrong with an order.
func (l *ledger) tell(o *order, anomaly string) checkers.Finding {
	switch anomaly {
	case DoubleCharge:
		return l.tellDouble(o)
	case Lost:
		return l.tellMissing(o, Lost, l.gone(o))
	case Stale:
		return l.tellMissing(o, Stale, l.lacking(o))
	case WrongAmount:
		return l.tellAmount(o)
	}
	return l.tellMadeUp(o, anomaly)
}

func (l *ledger) tellDouble(o *order) checkers.Finding {
	attempts := l.culpable(o, l.calls[o.twice].Complete)
	f := l.finding(DoubleCharge, append(firstOf(attempts), o.twice))
	amounts := l.amounts(o, o.twice)
	f.Text = fmt.Sprintf("Order %d is on the ledger %s, with the amounts %s: %s. ",
		o.id, checkers.Count(len(amounts), "time"), strings.Join(amounts, ", "), l.did(o.twice))
	if len(attempts) == 1 {
		f.Text += fmt.Sprintf("Only one attempt to charge it can have had an effect by then, and it had several: %s.", l.did(attempts[0]))
		return f
	}
	f.Text += fmt.Sprintf("%s to charge it may have had an effect by then, of which only one should: %s.",
		checkers.Count(len(attempts), "attempt"), l.named(attempts))
	return f
}

// amounts are what a read shows of an order.
func (l *ledger) amounts(o *order, read int) []string {
	var amounts []string
	items, _ := l.calls[read].Out.Items()
	for _, item := range items {
		if id, amount, _ := pair(item); id == o.id && len(amounts) < mostFindings {
			amounts = append(amounts, fmt.Sprint(amount))
		}
	}
	return amounts
}

// named names some attempts with their outcomes.
func (l *ledger) named(attempts []int) string {
	var names []string
	for _, i := range firstOf(attempts) {
		names = append(names, l.did(i))
	}
	if more := len(attempts) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %s more", checkers.Number(more)))
	}
	return strings.Join(names, ", ")
}

func firstOf(attempts []int) []int { return slices.Clone(attempts[:min(len(attempts), mostAttempts)]) }

func (l *ledger) tellMissing(o *order, anomaly string, read int) checkers.Finding {
	known := l.known(o)
	culprits := []int{known, read}
	f := l.finding(anomaly, culprits)
	f.Text = fmt.Sprintf("Order %d was charged: %s. But it is not in a final read that was invoked after that: %s.", o.id, l.told(o, known), l.did(read))
	switch {
	case anomaly == Stale:
		f = l.withContext(f, o.seenLast)
		f.Text += fmt.Sprintf(" It was not lost: %s, and has it.", l.did(o.seenLast))
	case o.seenLast == none:
		f.Text += " Nobody ever read it."
	case o.seenLast != known:
		f.Text += fmt.Sprintf(" The last who read it was done before: %s.", l.did(o.seenLast))
		f = l.withContext(f, o.seenLast)
	}
	return f
}

// told says how a call tells that an order is charged.
func (l *ledger) told(o *order, call int) string {
	if l.calls[call].F == "charge" {
		return l.did(call)
	}
	return fmt.Sprintf("%s, and has it", l.did(call))
}

func (l *ledger) tellAmount(o *order) checkers.Finding {
	culprits := []int{o.odd, o.possible}
	shown := l.amounts(o, o.odd)[0]
	text := fmt.Sprintf("Order %d is on the ledger with the amount %s: %s. ", o.id, shown, l.did(o.odd))
	if shown != fmt.Sprint(o.shown) {
		first := l.firstRead(o)
		culprits = append(culprits, first)
		text += fmt.Sprintf("But another read shows %d: %s. An entry does not change, and there is only one. ", o.shown, l.did(first))
	}
	attempts := l.culpable(o, l.knownAt(o))
	text += fmt.Sprintf("%s can have charged it: %s.", checkers.Count(len(attempts), "attempt"), l.named(attempts))
	if known := l.known(o); known != o.odd {
		culprits = append(culprits, known)
		if !slices.Contains(firstOf(attempts), known) {
			text += fmt.Sprintf(" Nobody else had tried it when it was charged: %s.", l.told(o, known))
		}
	}
	f := l.finding(WrongAmount, culprits)
	f.Text = text
	return f
}

// firstRead is the read that was invoked first of those that have the order.
func (l *ledger) firstRead(o *order) int {
	for _, r := range l.reads {
		if slices.ContainsFunc(r.entries, func(e entry) bool { return &l.orders[e.order] == o }) {
			return r.call
		}
	}
	return none
}

func (l *ledger) tellMadeUp(o *order, anomaly string) checkers.Finding {
	attempts := l.attempts(o)
	culprits := []int{o.seen}
	text := fmt.Sprintf("Order %d is on the ledger: %s. But ", o.id, l.did(o.seen))
	switch {
	case anomaly == AbortedRead:
		before := slices.DeleteFunc(attempts, func(i int) bool { return l.calls[i].Invoke > l.calls[o.seen].Complete })
		culprits = append(culprits, firstOf(before)...)
		text += fmt.Sprintf("all attempts to charge it before that certainly failed: %s.", l.named(before))
	case len(attempts) > 0:
		culprits = append(culprits, attempts[0])
		text += fmt.Sprintf("it was first tried after that: %s.", l.did(attempts[0]))
	default:
		text += "nobody ever tried to charge it."
	}
	f := l.finding(anomaly, culprits)
	f.Text = text
	return f
}

// finding is a finding about some calls.
func (l *ledger) finding(anomaly string, culprits []int) checkers.Finding {
	at := l.invocations(culprits)
	return checkers.Finding{Anomaly: anomaly, Key: l.name, Culprits: at, Context: slices.Clone(at)}
}

// withContext adds a call that helps to understand a finding.
func (l *ledger) withContext(f checkers.Finding, call int) checkers.Finding {
	f.Context = append(f.Context, l.calls[call].Invoke)
	slices.SortFunc(f.Context, cmp.Compare[int])
	f.Context = slices.Compact(f.Context)
	return f
}

// invocations are the places of calls in the history, in order of time.
func (l *ledger) invocations(calls []int) []int {
	var at []int
	for _, i := range calls {
		at = append(at, l.calls[i].Invoke)
	}
	slices.SortFunc(at, cmp.Compare[int])
	return slices.Compact(at)
}

// did is a clause about a call: "process 3 (n1) charged 500 for order 17
// (1.200-1.210 s)".
func (l *ledger) did(i int) string {
	call := &l.calls[i]
	id, amount, _ := pair(call.In)
	verb := fmt.Sprintf("tried to charge %d for order %d", amount, id)
	switch {
	case call.F != "charge":
		items, _ := call.Out.Items()
		verb = fmt.Sprintf("read a ledger of %s", checkers.Count(len(items), "entry", "entries"))
	case call.Type == history.OK:
		verb = fmt.Sprintf("charged %d for order %d", amount, id)
	}
	text := fmt.Sprintf("%s %s (%s)", checkers.Who(*call), verb, checkers.When(*call))
	if call.Type == history.Fail && call.Error != "" {
		text += ", which failed: " + call.Error
	}
	return text
}
