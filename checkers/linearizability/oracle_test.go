package linearizability

import (
	"github.com/assaykit/assay/harness/history"
)

// oracle decides by trying all orders, from the definition and straight from the
// calls, sharing nothing with the checker: slow, short and right.
func oracle(calls []history.Call) bool {
	var open []history.Call
	for _, call := range calls {
		if call.Type != history.Fail || call.F == "cas" && call.Error == history.Mismatch {
			open = append(open, call)
		}
	}
	return anyOrder(open, 0, history.Value{})
}

// anyOrder says whether the calls that are not yet taken have an order, given
// the register's value.
func anyOrder(calls []history.Call, taken uint, holds history.Value) bool {
	firstEnd, done := 1<<62, true
	for i, call := range calls {
		if taken&(1<<i) == 0 && call.Type != history.Info {
			firstEnd, done = min(firstEnd, call.Complete), false
		}
	}
	if done {
		return true // whatever is left may never have happened
	}
	for i, call := range calls {
		if taken&(1<<i) != 0 || call.Invoke > firstEnd {
			continue
		}
		if next, ok := apply(call, holds); ok && anyOrder(calls, taken|1<<i, next) {
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
