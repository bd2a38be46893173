package history

// Calls are the operations of all clients, in the order of their invocations.
// The nemesis' are left out: see FaultSpans.
func (h *History) Calls() []Call {
	calls := make([]Call, 0, h.invocations())
	open := map[int]int{} // process -> its call
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process == Nemesis {
			continue
		}
		if op.Type == Invoke {
			open[op.Process] = len(calls)
			calls = append(calls, invoked(op, i))
			continue
		}
		if at, is := open[op.Process]; is {
			delete(open, op.Process)
			calls[at].complete(op, i)
		}
	}
	return calls
}

func (h *History) invocations() int {
	n := 0
	for i := range h.Ops {
		if h.Ops[i].Type == Invoke && h.Ops[i].Process != Nemesis {
			n++
		}
	}
	return n
}

// invoked is a call of which nothing more is known yet.
func invoked(op *Op, at int) Call {
	return Call{
		Process: op.Process, Node: op.Node, F: op.F, Key: op.Key, Final: op.Final,
		In: op.Value, Type: Info, Start: op.Time, End: Never, Invoke: at, Complete: -1,
	}
}

func (c *Call) complete(op *Op, at int) {
	c.Type, c.Out, c.Error, c.Complete = op.Type, op.Value, op.Error, at
	if op.Type != Info {
		c.End = op.Time
	}
}

// KeyCalls are the calls on one object.
type KeyCalls struct {
	Key   string
	Calls []Call
}

// ByKey splits calls by the object they were made on, for promises that hold for
// each object by itself. Keys come in the order of their first calls, and the
// calls of a key in the order in which they were given.
func ByKey(calls []Call) []KeyCalls {
	var keys []KeyCalls
	var counts []int
	of := make([]int32, len(calls)) // the key of each call
	place := map[string]int32{}
	for i := range calls {
		at, known := place[calls[i].Key]
		if !known {
			at = int32(len(keys))
			place[calls[i].Key] = at
			keys, counts = append(keys, KeyCalls{Key: calls[i].Key}), append(counts, 0)
		}
		of[i] = at
		counts[at]++
	}
	if len(keys) == 1 {
		keys[0].Calls = calls
		return keys
	}
	for i := range calls {
		k := &keys[of[i]]
		if k.Calls == nil {
			k.Calls = make([]Call, 0, counts[of[i]])
		}
		k.Calls = append(k.Calls, calls[i])
	}
	return keys
}
