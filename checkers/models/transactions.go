package models

import (
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/listappend"
)

// Expect is the key of the setting that says which isolation level is expected.
const Expect = "expect"

var expectedLevel = Setting{
	Key: Expect, Default: isolation.StrictSerializable.String(),
	About: "the isolation level that is expected: " + levelNames(),
}

func levelNames() string {
	var names []string
	for _, l := range isolation.All() {
		names = append(names, l.String())
	}
	return strings.Join(names, ", ")
}

// transactionModels judge transactions by the isolation level that is expected.
func transactionModels() []Model {
	return []Model{
		{
			Name: "list-append", About: "transactions on lists: txn of [[append key element] [r key list] ...], with an isolation level; says which levels are ruled out",
			Settings: []Setting{expectedLevel, sessionClients},
			New:      newListAppend,
		},
		rwRegister(),
	}
}

func newListAppend(o Options) (checkers.Checker, error) {
	level, clients, err := o.isolation()
	if err != nil {
		return nil, err
	}
	return listappend.New(listappend.Options{Expected: level, Clients: clients}), nil
}

// isolation is the level that is expected, and how many clients there were.
func (o Options) isolation() (isolation.Level, int, error) {
	level, err := isolation.ParseLevel(o.of(expectedLevel))
	if err != nil {
		return 0, 0, err
	}
	clients, err := o.number(sessionClients)
	return level, clients, err
}
