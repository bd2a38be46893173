package models

import (
	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/rwregister"
)

// rwRegister judges transactions on registers.
func rwRegister() Model {
	return Model{
		Name: "rw-register", About: "transactions on registers: txn of [[w key value] [r key value] ...], each value written once, with an isolation level; says which levels are ruled out",
		Settings: []Setting{expectedLevel, sessionClients},
		New: func(o Options) (checkers.Checker, error) {
			level, clients, err := o.isolation()
			if err != nil {
				return nil, err
			}
			return rwregister.New(rwregister.Options{Expected: level, Clients: clients}), nil
		},
	}
}
