package models

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/set"
)

// All are the models there are.
func All() []Model {
	return []Model{
		{
			Name: "register", About: "linearizable registers: read, write, and cas of [old new]; not found before the first write",
			Settings:  []Setting{failedCompareAndSet},
			names:     map[string]string{"r": "read", "w": "write", "compare-and-set": "cas", "compare-and-swap": "cas"},
			translate: registers,
			New:       func(Options) (checkers.Checker, error) { return linearizability.Register(), nil },
		},
		{
			Name: "queue", About: "queues: send, and receive of a message or null; of other tools also enqueue, dequeue and drain",
			Settings:  []Setting{deliveryProfile, deliveryOrder, deliveryDrain},
			names:     map[string]string{"enqueue": "send", "dequeue": "receive"},
			translate: queues,
			New:       newQueue,
		},
		{
			Name: "set", About: "grow-only sets: add of an element, and read of all elements",
			names: map[string]string{"insert": "add", "broadcast": "add"},
			New:   func(Options) (checkers.Checker, error) { return set.New(), nil },
		},
	}
}

func newQueue(o Options) (checkers.Checker, error) {
	profile, err := delivery.ParseProfile(o.of(deliveryProfile))
	if err != nil {
		return nil, err
	}
	switch order := o.of(deliveryOrder); order {
	case fifo:
		return delivery.New(profile), nil
	case perProducer:
		return delivery.New(profile, delivery.PerProducer()), nil
	case perConsumer:
		return delivery.New(profile, delivery.PerConsumer()), nil
	case unordered:
		return delivery.New(profile, delivery.Unordered()), nil
	default:
		return nil, fmt.Errorf("no order is called %q", order)
	}
}
