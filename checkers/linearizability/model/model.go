// Package model makes data types of porcupine models, so that whoever has written
// one for porcupine, or finds it easiest to write one, has all of Assay's
// linearizability checker: its engine, its budgets and its explanations. Such a
// type has no monitor and no normal form.
package model

import (
	"context"
	"fmt"
	"slices"

	"github.com/anishathalye/porcupine"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Read gives a call's input and output as the model's Step takes them. Calls that
// tell nothing are not to be kept, such as failed ones in most models. The output of
// a call of unknown outcome (history.Info) has to be one that Step takes for any
// answer; whether the call happened at all is not Step's business.
type Read func(call history.Call) (input, output any, keep bool, err error)

// Type is the data type of a porcupine model. Histories are split by the model's
// Partition if it has one, which is given the inputs and outputs but not the
// metadata of operations, and by the keys of calls otherwise. PartitionEvent and
// StepContext are not used. States are told apart by Equal, or == without one;
// many states want a Hash.
func Type(name, about string, m porcupine.Model, read Read) object.Type {
	t := object.Type{Name: name, About: about, Open: func(k history.KeyCalls) (object.Object, error) { return open(m, read, k) }}
	if m.Partition != nil {
		t.Split = func(calls []history.Call) []history.KeyCalls { return partition(m, read, calls) }
	}
	return t
}

// partition splits calls as the model says. A call that cannot be read is left to
// open, which tells of it.
func partition(m porcupine.Model, read Read, calls []history.Call) []history.KeyCalls {
	var ops []porcupine.Operation
	var unread []history.Call
	for i, call := range calls {
		input, output, keep, err := read(call)
		switch {
		case err != nil:
			unread = append(unread, call)
		case keep:
			ops = append(ops, porcupine.Operation{ClientId: i, Input: input, Output: output, Call: int64(call.Invoke), Return: int64(end(call))})
		}
	}
	parts := []history.KeyCalls{{Calls: unread}}
	for n, part := range m.Partition(ops) {
		k := history.KeyCalls{Key: fmt.Sprintf("part %d", n+1)}
		for _, op := range part {
			k.Calls = append(k.Calls, calls[op.ClientId])
		}
		slices.SortFunc(k.Calls, func(a, b history.Call) int { return a.Invoke - b.Invoke })
		parts = append(parts, k)
	}
	return parts
}

func end(call history.Call) int {
	if call.Type == history.Info {
		return object.Never
	}
	return call.Complete
}

// modelled is the history of one object.
type modelled struct {
	model   porcupine.Model
	calls   []history.Call
	ops     []object.Op
	classes []class
	states  states
}

type class struct{ input, output any }

func open(m porcupine.Model, read Read, k history.KeyCalls) (object.Object, error) {
	o := &modelled{model: m, calls: k.Calls, states: newStates(m)}
	for i, call := range k.Calls {
		input, output, keep, err := read(call)
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("key", call.Key), err)
		}
		if !keep {
			continue
		}
		o.ops = append(o.ops, object.Op{
			Class: int32(len(o.classes)), Start: call.Invoke, End: end(call), Maybe: call.Type == history.Info, Call: i,
		})
		o.classes = append(o.classes, class{input, output})
	}
	o.states.number(m.Init())
	return o, nil
}

func (o *modelled) Ops() []object.Op { return o.ops }

func (o *modelled) Initial() object.State { return 0 }

func (o *modelled) Step(s object.State, c int32) (object.State, bool) {
	ok, next := o.model.Step(o.states.all[s], o.classes[c].input, o.classes[c].output)
	if !ok {
		return 0, false
	}
	return o.states.number(next), true
}

// Observer is not known of a model's operations.
func (o *modelled) Observer(int32) bool { return false }

func (o *modelled) Bytes() int { return o.states.bytes() }

func (o *modelled) Verb(op object.Op) string {
	c := o.classes[op.Class]
	if o.model.DescribeOperation != nil {
		return "did " + o.model.DescribeOperation(c.input, c.output)
	}
	call := o.calls[op.Call]
	return fmt.Sprintf("did %s %v, answered %v", call.F, call.In, call.Out)
}

// Decide asks porcupine itself.
func (o *modelled) Decide(ctx context.Context, ops []object.Op, memory int) object.Outcome {
	return oracle.Porcupine(ctx, o, ops, memory)
}

var _ object.Fallback = (*modelled)(nil)
