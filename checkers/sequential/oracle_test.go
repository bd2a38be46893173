package sequential_test

import (
	"maps"

	"github.com/assaykit/assay/harness/history"
)

// oracle decides by trying all orders, from the definition and straight from the
// calls, sharing nothing with the checker: slow, short and right.
func oracle(calls []history.Call) bool {
	sessions := map[int][]history.Call{}
	var maybe []history.Call
	before := map[int]int{} // of a call of unknown outcome, by its invocation: how many of its session came before
	for _, call := range calls {
		switch {
		case call.Type == history.Info:
			maybe = append(maybe, call)
			before[call.Invoke] = len(sessions[call.Process])
		case call.Type == history.OK || call.F == "cas" && call.Error == history.Mismatch:
			sessions[call.Process] = append(sessions[call.Process], call)
		}
	}
	return anyOrder(sessions, maybe, map[int]int{}, before, map[int]bool{}, map[string]history.Value{})
}

func anyOrder(sessions map[int][]history.Call, maybe []history.Call, at, before map[int]int, came map[int]bool, holds map[string]history.Value) bool {
	done := true
	for process, calls := range sessions {
		if at[process] == len(calls) {
			continue
		}
		done = false
		call := calls[at[process]]
		next, ok := apply(call, holds[call.Key])
		if !ok {
			continue
		}
		after, further := maps.Clone(holds), maps.Clone(at)
		after[call.Key] = next
		further[process]++
		if anyOrder(sessions, maybe, further, before, came, after) {
			return true
		}
	}
	if done {
		return true // whatever is left may never have happened
	}
	for _, call := range maybe {
		if came[call.Invoke] || at[call.Process] < before[call.Invoke] {
			continue
		}
		next, ok := apply(call, holds[call.Key])
		if !ok || next.Equal(holds[call.Key]) {
			continue
		}
		after, all := maps.Clone(holds), maps.Clone(came)
		after[call.Key], all[call.Invoke] = next, true
		if anyOrder(sessions, maybe, at, before, all, after) {
			return true
		}
	}
	return false
}

// apply is the sequential specification.
func apply(call history.Call, holds history.Value) (history.Value, bool) {
	switch call.F {
	case "write":
		return call.In, true
	case "read":
		return holds, call.Type == history.Info || call.Out.Equal(holds)
	}
	items, _ := call.In.Items()
	equal := items[0].Equal(holds)
	switch {
	case call.Type == history.Fail:
		return holds, !equal
	case equal:
		return items[1], true
	}
	return holds, call.Type == history.Info
}
