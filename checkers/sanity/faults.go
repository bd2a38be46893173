package sanity

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/history"
)

// faultDoubts are the faults that may not have been what they were meant to be.
func faultDoubts(h *history.History) []string {
	doubts := append(nameless(h), unfinished(h)...)
	for _, span := range h.FaultSpans() {
		if !span.Verified {
			doubts = append(doubts, fmt.Sprintf("%s was not verified in effect: %s",
				describe(span), lastError(h, span, history.Inject, "the history ends before its injection does")))
		}
		if !span.Healed {
			doubts = append(doubts, fmt.Sprintf("%s was not verified healed: %s",
				describe(span), lastError(h, span, history.Heal, "the history ends before its healing does")))
		}
	}
	return doubts
}

// nameless finds ops of the nemesis that do not say which fault they were about,
// so that nobody can say whether it was verified.
func nameless(h *history.History) []string {
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process == history.Nemesis && op.Fault == nil && (op.F == history.Inject || op.F == history.Heal) {
			return []string{fmt.Sprintf("op %d, %s, does not say which fault it is about", i, op.F)}
		}
	}
	return nil
}

// unfinished are the things done to the whole cluster, such as restoring it
// after the last fault, that did not end well.
func unfinished(h *history.History) []string {
	open := map[string]bool{}
	var doubts []string
	for i := range h.Ops {
		op := &h.Ops[i]
		// A clock that could not be read may all the same have been as it should: the
		// fault's own verification tells.
		if op.Process != history.Nemesis || op.F == history.Inject || op.F == history.Heal || op.F == history.Clocks {
			continue
		}
		open[op.F] = op.Type == history.Invoke
		if op.Type == history.Info || op.Type == history.Fail {
			doubts = append(doubts, fmt.Sprintf("%s: %s", op.F, op.Error))
		}
	}
	for _, f := range slices.Sorted(maps.Keys(open)) {
		if open[f] {
			doubts = append(doubts, fmt.Sprintf("%s: the history ends before it was done", f))
		}
	}
	return doubts
}

func describe(span history.FaultSpan) string {
	text := fmt.Sprintf("fault %d (%s", span.Fault.ID, span.Fault.Name)
	if span.Fault.Detail != "" {
		return text + ": " + span.Fault.Detail + ")"
	}
	return text + " " + strings.Join(span.Fault.Nodes, " ") + ")"
}

// lastError quotes the last completion of a fault's injection or healing.
func lastError(h *history.History, span history.FaultSpan, f, unfinished string) string {
	why := unfinished
	for _, at := range span.Ops {
		op := &h.Ops[at]
		switch {
		case op.F != f || op.Type == history.Invoke:
		case op.Error == "":
			why = "no reason was recorded"
		default:
			why = op.Error
		}
	}
	return why
}
