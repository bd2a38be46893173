package log

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

func (l *log) tellPassed(p *partition, r *record) finding {
	f := l.finding(Lost, p, []int{r.acked, r.passed, r.before})
	f.Text = fmt.Sprintf("%s: %s. But nobody ever polled it, and ", p.placed(r), l.did(r.acked))
	if r.passed == r.before {
		f.Text += fmt.Sprintf("one poll goes past it: %s, with records below and above.", l.did(r.passed))
	} else {
		f.Text += fmt.Sprintf("a consumer was led past it: %s, and then %s, with the next record above.", l.did(r.before), l.did(r.passed))
	}
	return f
}

// tellFinal tells of a record that final polls do not have. It is nil if its
// offset is not known.
func (l *log) tellFinal(p *partition, send int, r *record, final int) finding {
	culprits := []int{send, final}
	what := fmt.Sprintf("Value %v was sent", l.calls[send].In)
	if r != nil {
		what = p.placed(r)
	}
	text := fmt.Sprintf("%s: %s. But nobody ever polled it, and ", what, l.did(send))
	if r != nil && final == p.highBy {
		text += fmt.Sprintf("the final polls went past it: %s, up to offset %d.", l.did(final), p.records[p.high].offset)
	} else {
		text += fmt.Sprintf("a final poll that was invoked after the acknowledgement was at the end: %s.", l.did(final))
		if p.reads != final {
			text += fmt.Sprintf(" Its process reads that partition: %s.", l.did(p.reads))
			culprits = append(culprits, p.reads)
		}
	}
	f := l.finding(Lost, p, culprits)
	f.Text = text
	return f
}

// placed says where a record was put.
func (p *partition) placed(r *record) string {
	return fmt.Sprintf("Value %d was put at offset %d", p.values[r.value].value, r.offset)
}

func (l *log) tellInconsistent(p *partition, r *record) finding {
	f := l.finding(InconsistentOffsets, p, []int{r.shown, r.other})
	f.Text = fmt.Sprintf("Offset %d has two values: %d, since %s; and %d, since %s.",
		r.offset, p.values[r.value].value, l.did(r.shown), r.odd, l.did(r.other))
	return f
}

func (l *log) tellMadeUp(p *partition, v *value, anomaly string) finding {
	culprits := []int{v.polled}
	text := fmt.Sprintf("Value %d was polled: %s. But ", v.value, l.did(v.polled))
	switch {
	case anomaly == AbortedRead:
		culprits = append(culprits, v.failed)
		text += fmt.Sprintf("no send of it before that can have had an effect. The first: %s, which failed: %s.", l.did(v.failed), l.calls[v.failed].Error)
	case v.send != none:
		culprits = append(culprits, v.send)
		text += fmt.Sprintf("it was sent only after that: %s.", l.did(v.send))
	default:
		text += "nobody ever sent it to that partition."
	}
	f := l.finding(anomaly, p, culprits)
	f.Text = text
	return f
}

func (l *log) tellDuplicated(p *partition, v *value) finding {
	low, other := &p.records[v.lowest], &p.records[v.second]
	text := fmt.Sprintf("Value %d is at offset %d: %s; and at offset %d: %s.", v.value, low.offset, l.did(low.shown), other.offset, l.did(other.shown))
	text += fmt.Sprintf(" But it was sent %s: %s.", map[bool]string{true: "only once", false: checkers.Count(v.sends, "time") + " at most"}[v.sends == 1], l.did(v.send))
	f := l.finding(Duplicated, p, []int{low.shown, other.shown, v.send})
	f.Text = text
	return f
}

func (l *log) tellReordered(before, after sent) finding {
	p := &l.partitions[before.partition]
	low, high := &p.records[p.values[after.value].lowest], &p.records[p.values[before.value].lowest]
	f := l.finding(Reordered, p, []int{before.call, after.call, low.shown, high.shown})
	f.Text = fmt.Sprintf("One producer sent value %d and, after that was acknowledged, value %d: %s, and then %s. But the second is below the first, at offset %d, not above %d",
		p.values[before.value].value, p.values[after.value].value, l.did(before.call), l.did(after.call), low.offset, high.offset)
	for _, call := range slices.Compact([]int{low.shown, high.shown}) {
		if call != before.call && call != after.call {
			f.Text += "; " + l.did(call)
		}
	}
	f.Text += "."
	return f
}

func (l *log) tellSkip(p *partition, anomaly string, from position, call int, rank int32) finding {
	skipped, _ := p.polledBetween(from.next, rank)
	r, to := &p.records[skipped], &p.records[p.order[rank]]
	f := l.finding(anomaly, p, []int{from.call, call, r.polled})
	f.Text = l.led(p, from, call, to)
	f.Text += fmt.Sprintf(" Between them is offset %d, with value %d: %s.", r.offset, p.values[r.value].value, l.did(r.polled))
	if more := int(p.polledUpTo[rank]-p.polledUpTo[from.next]) - 1; more > 0 {
		f.Text += fmt.Sprintf(" The same goes for %s.", checkers.Count(more, "other record"))
	}
	return f
}

func (l *log) tellBack(p *partition, anomaly string, from position, call int, rank int32) finding {
	f := l.finding(anomaly, p, []int{from.call, call})
	f.Text = l.led(p, from, call, &p.records[p.order[rank]])
	if from.call != call {
		f.Text += " It had not gone back."
	}
	return f
}

// led says how a consumer went from where it was to a record.
func (l *log) led(p *partition, from position, call int, to *record) string {
	if from.call == call {
		return capital(fmt.Sprintf("%s, in which offset %d is followed by offset %d.", l.did(call), p.records[from.last].offset, to.offset))
	}
	return capital(fmt.Sprintf("%s. But what it polled next begins at offset %d: %s.", l.reached(p, from), to.offset, l.did(call)))
}

// reached says where a consumer was.
func (l *log) reached(p *partition, at position) string {
	if at.last == none {
		return l.did(at.call)
	}
	return fmt.Sprintf("%s, up to offset %d", l.did(at.call), p.records[at.last].offset)
}

func (l *log) tellRedelivered(p *partition, d given, last commit, floor int) finding {
	culprits := []int{last.call, d.subscribed, d.call}
	if last.because != none {
		culprits = append(culprits, last.because)
	}
	f := l.finding(RedeliveredAfterCommit, p, culprits)
	f.Text = fmt.Sprintf("The group had committed everything up to offset %d: %s. After that %s. But then %s, with offset %d, which was committed: no commit that can have taken its place is below %d.",
		last.upTo, l.did(last.call), l.did(d.subscribed), l.did(d.call), p.records[d.record].offset, floor)
	return f
}

// finding is a finding about some calls.
func (l *log) finding(anomaly string, p *partition, culprits []int) finding {
	var at []int
	for _, i := range culprits {
		at = append(at, l.calls[i].Invoke)
	}
	slices.SortFunc(at, cmp.Compare[int])
	at = slices.Compact(at)
	return finding{Anomaly: anomaly, Key: p.name, Culprits: at, Context: slices.Clone(at)}
}

// did is a clause about a call: "process 3 (n1) sent 17 (1.200-1.210 s)".
func (l *log) did(i int) string {
	call := &l.calls[i]
	var verb string
	switch call.F {
	case "send":
		verb = fmt.Sprintf("tried to send %v", call.In)
		if call.Type == history.OK {
			verb = fmt.Sprintf("sent %v", call.In)
		}
	case "poll":
		verb = polled(call)
	case "seek":
		verb = fmt.Sprintf("went to offset %v", call.In)
	case "commit":
		verb = "committed"
	case "assign":
		verb = "was assigned its partitions"
	default:
		verb = "subscribed"
	}
	return fmt.Sprintf("%s %s (%s)", checkers.Who(*call), verb, checkers.When(*call))
}

// polled says how much a poll gave.
func polled(call *history.Call) string {
	items, _ := call.Out.Items()
	n := len(items)
	if n > 0 {
		if _, _, many := partitionOf(items[0]); many {
			n = 0
			for _, item := range items {
				_, records, _ := partitionOf(item)
				n += len(records)
			}
		}
	}
	return "polled " + checkers.Count(n, "record")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
