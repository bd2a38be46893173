package compose

import (
	"context"
	"errors"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// prototype is a caller without a connection: the operations that it offers.
type prototype []string

func (p prototype) Operations() []string { return p }

func (prototype) Call(context.Context, client.Call) (history.Value, error) {
	return history.Value{}, workloads.NoEffect(errors.New("there is no connection"))
}

func (prototype) Close() error { return nil }
