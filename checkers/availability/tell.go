package availability

import (
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/distribution"
)

// tellUnavailable is about operations of which too few were answered.
func (r *run) tellUnavailable(f *figures, when string, share float64) checkers.Finding {
	node := f.worst()
	worst := &f.byNode[node]
	text := fmt.Sprintf("Only %s answered %s; %s were demanded.", f.share(), when, percent(share))
	if len(r.nodes) > 1 {
		text += fmt.Sprintf(" The worst node was %s: %s answered there.", r.nodeName(node), worst.share())
	}
	text += fmt.Sprintf(" The first without an answer: %s.", r.did(worst.unanswered))
	return r.finding(Unavailable, text, worst.unanswered)
}

// tellRecovery is about a node that took too long.
func (r *run) tellRecovery(w *window, seen recovery, limit time.Duration) checkers.Finding {
	text := fmt.Sprintf("%s took %s to recover from %s; %s were allowed. The first operation on it after that: %s.",
		r.subject(seen.node), seen.text(), w.described(), distribution.Text(limit), r.did(seen.first))
	culprits := []int{seen.first}
	if seen.unanswered != none && seen.unanswered != seen.first {
		text += fmt.Sprintf(" The last without an answer: %s.", r.did(seen.unanswered))
		culprits = append(culprits, seen.unanswered)
	}
	switch {
	case seen.recovered && seen.last == seen.first:
		return r.finding(SlowRecovery, text+" With that it was back.", culprits...)
	case seen.recovered:
		text += fmt.Sprintf(" The first with which it was back: %s.", r.did(seen.last))
		return r.finding(SlowRecovery, text, append(culprits, seen.last)...)
	}
	text += " It was not seen to be back before the next fault or the end."
	return r.finding(SlowRecovery, text, culprits...)
}

// tellSlow is about latencies without faults.
func (r *run) tellSlow(limit time.Duration) checkers.Finding {
	node := r.calm.slowestNode()
	text := fmt.Sprintf("Of %s without faults one in a hundred took %s or longer (the 99th percentile); %s were allowed.",
		checkers.Count(r.calm.answered, "answered operation"), distribution.Text(r.calm.latencies.Quantile(99)), distribution.Text(limit))
	if len(r.nodes) > 1 {
		text += fmt.Sprintf(" The slowest node was %s, with %s.", r.nodeName(node), distribution.Text(r.calm.byNode[node].latencies.Quantile(99)))
	}
	text += fmt.Sprintf(" The slowest operation: %s.", r.did(r.calm.slowest))
	return r.finding(Slow, text, r.calm.slowest)
}

func (r *run) finding(anomaly, text string, operations ...int) checkers.Finding {
	var at []int
	for _, i := range operations {
		at = append(at, r.operations[i].from)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	return checkers.Finding{Anomaly: anomaly, Text: text, Culprits: at, Context: at}
}

// did is a clause about an operation: "read of process 3 (n1), 1.200-1.210 s,
// answered".
func (r *run) did(at int) string {
	call, o := &r.calls[at], &r.operations[at]
	outcome := "answered"
	switch {
	case o.answered:
	case call.Error != "":
		outcome = "not answered: " + call.Error
	default:
		outcome = "not answered"
	}
	return fmt.Sprintf("%s of %s, %s, %s", call.F, checkers.Who(*call), checkers.When(*call), outcome)
}

// subject begins a sentence about a node.
func (r *run) subject(node int) string {
	if r.nodes[node] == "" {
		return "The cluster"
	}
	return "Node " + r.nodes[node]
}
