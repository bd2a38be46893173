package models

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/longfork"
	"github.com/assaykit/assay/checkers/monotonic"
	"github.com/assaykit/assay/checkers/writeskew"
)

// monotonicOrders are the names of monotonic.Order.
var monotonicOrders = []string{"real-time", "per-client", "none"}

var monotonicOrder = Setting{
	Key: "order", Default: monotonicOrders[0], About: "for whom a counter may not go back",
	Choices: []Choice{
		{monotonicOrders[0], "for anybody: after an operation was done"},
		{monotonicOrders[1], "for each client by itself"},
		{monotonicOrders[2], "it may; only no increment may be lost"},
	},
}

// anomalyModels look for one anomaly each, in histories that were made to show it.
func anomalyModels() []Model {
	return []Model{
		{
			Name: "long-fork", About: "transactions on registers that are written once: no two reads saw two writes in opposite orders",
			New: func(Options) (checkers.Checker, error) { return longfork.New(), nil },
		},
		{
			Name: "write-skew", About: "transactions on registers, each value written once: no two overwrote what the other one had read",
			Settings: []Setting{expectedLevel},
			New:      newWriteSkew,
		},
		{
			Name: "monotonic", About: "counters that grow by one: create, increment and read, answered with the value",
			Settings: []Setting{monotonicOrder, sessionClients},
			New:      newMonotonic,
		},
	}
}

func newWriteSkew(o Options) (checkers.Checker, error) {
	level, _, err := o.isolation()
	if err != nil {
		return nil, err
	}
	return writeskew.New(writeskew.Options{Expected: level}), nil
}

func newMonotonic(o Options) (checkers.Checker, error) {
	order := slices.Index(monotonicOrders, o.of(monotonicOrder))
	if order < 0 {
		return nil, fmt.Errorf("setting order is %q: choose one of %q", o.of(monotonicOrder), monotonicOrders)
	}
	clients, err := o.number(sessionClients)
	return monotonic.New(monotonic.Options{Order: monotonic.Order(order), Clients: clients}), err
}
