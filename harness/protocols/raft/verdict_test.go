package raft

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// errUndecided says that a history could not be judged in time.
var errUndecided = errors.New("too many to judge")

// judge says what is wrong with what the clients saw, or nil.
func (r recorder) judge() error {
	keys := make(map[string][]*call)
	for _, op := range r.calls {
		keys[op.command.Key] = append(keys[op.command.Key], op)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if err := judgeKey(key, keys[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func judgeKey(key string, calls []*call) error {
	calls = slices.DeleteFunc(slices.Clone(calls), func(op *call) bool { return op.failed })
	switch key {
	case "s":
		return judgeSet(calls)
	case "q":
		return judgeQueue(calls)
	}
	if len(calls) > 0 && calls[0].command.F == transact {
		return judgeTransactions(calls)
	}
	return judgeRegister(calls)
}

func judgeRegister(calls []*call) error {
	var operations []porcupine.Operation
	for _, op := range calls {
		if op.command.F == read && op.unknown {
			continue
		}
		operations = append(operations, porcupine.Operation{
			ClientId: op.process, Input: op.command, Output: op, Call: int64(op.start), Return: int64(op.end),
		})
	}
	result := porcupine.CheckOperationsTimeout(registerModel(), operations, 30*time.Second)
	switch result {
	case porcupine.Illegal:
		return fmt.Errorf("%d operations are not linearizable", len(operations))
	case porcupine.Unknown:
		return fmt.Errorf("%d operations: %w", len(operations), errUndecided)
	}
	return nil
}

// registerModel: 0 stands for a register that was never written.
func registerModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(int), input.(Command), output.(*call))
		},
	}
}

func step(value int, c Command, op *call) (bool, any) {
	r := op.response
	switch c.F {
	case write:
		return true, c.Value
	case read:
		return r.Value == value && r.Found == (value != 0), value
	}
	matches := value == c.Old && value != 0
	if !op.unknown && r.Swapped != matches {
		return false, value
	}
	if matches {
		return true, c.New
	}
	return true, value
}

// judgeSet: what was added, or seen, before a read began is in it, and nothing
// is in it that nobody had begun to add.
func judgeSet(calls []*call) error {
	added := make(map[int]time.Duration)
	certain := make(map[int]time.Duration)
	sure := func(element int, since time.Duration) {
		if before, known := certain[element]; !known || since < before {
			certain[element] = since
		}
	}
	var reads []*call
	for _, op := range calls {
		switch {
		case op.command.F == add:
			added[op.command.Value] = op.start
			if !op.unknown {
				sure(op.command.Value, op.end)
			}
		case !op.unknown:
			reads = append(reads, op)
			for _, e := range op.response.Elements {
				sure(e, op.end)
			}
		}
	}
	for _, op := range reads {
		if err := judgeElements(op, added, certain); err != nil {
			return err
		}
	}
	return nil
}

func judgeElements(op *call, added, certain map[int]time.Duration) error {
	for _, e := range op.response.Elements {
		if begun, known := added[e]; !known || begun > op.end {
			return fmt.Errorf("element %d was read and never added", e)
		}
	}
	for e, since := range certain {
		if _, there := slices.BinarySearch(op.response.Elements, e); since < op.start && !there {
			return fmt.Errorf("element %d was in the set and is missing", e)
		}
	}
	return nil
}

// judgeQueue: nothing lost, repeated, invented, or hidden by an answer "empty".
// The final receives empty the queue, so what was not received is gone.
func judgeQueue(calls []*call) error {
	sent := make(map[int]*call)
	received := make(map[int]*call)
	var empty []*call
	lost, unknown := 0, 0
	for _, op := range calls {
		if op.command.F == send {
			sent[op.command.Value] = op
		}
	}
	for _, op := range calls {
		switch {
		case op.command.F == send:
		case op.unknown:
			unknown++
		case !op.response.Found:
			empty = append(empty, op)
		case received[op.response.Value] != nil:
			return fmt.Errorf("message %d was received twice", op.response.Value)
		case sent[op.response.Value] == nil:
			return fmt.Errorf("message %d was never sent", op.response.Value)
		default:
			received[op.response.Value] = op
		}
	}
	for value, op := range sent {
		if received[value] == nil && !op.unknown {
			lost++
		}
	}
	if lost > unknown {
		return fmt.Errorf("%d messages were lost, and only %d receives may have taken one", lost, unknown)
	}
	return judgeEmpty(empty, sent, received)
}

func judgeEmpty(empty []*call, sent, received map[int]*call) error {
	values := slices.SortedFunc(maps.Keys(received), cmp.Compare)
	for _, op := range empty {
		for _, value := range values {
			if from := sent[value]; !from.unknown && from.end < op.start && received[value].start > op.end {
				return fmt.Errorf("a receive found nothing while message %d was in the queue", value)
			}
		}
	}
	return nil
}
