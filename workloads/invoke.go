package workloads

import (
	"fmt"
	"reflect"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// as is the client as the data type that a workload needs. The error, like the
// others of this file, tells of an operation that was never sent.
func as[D any](c cluster.Client, workload, abilities string) (D, error) {
	d, ok := c.(D)
	if !ok {
		return d, NoEffect(fmt.Errorf("%s: the clients of this target do not offer %s", workload, abilities))
	}
	if p, partial := c.(Partial); partial {
		if err := p.Offers(reflect.TypeFor[D]().Name()); err != nil {
			return d, NoEffect(fmt.Errorf("%s: %w", workload, err))
		}
	}
	return d, nil
}

// Partial is implemented by clients that have the methods of more data types than they
// are good for, because only at run time is it known what they can do.
type Partial interface {
	// Offers returns nil if the client offers the data type of this name, such as
	// "Register", otherwise an error that says what it lacks.
	Offers(dataType string) error
}

// unknown is the answer to an operation that the workload never makes.
func unknown(workload string, op history.Op, known string) error {
	return NoEffect(fmt.Errorf("%s: no operation %q: there are %s", workload, op.F, known))
}

// integer is the operation's argument.
func integer(op history.Op) (int, error) {
	n, ok := op.Value.Int()
	if !ok {
		return 0, NoEffect(fmt.Errorf("%s %s: the argument %v is no integer", op.F, op.Key, op.Value))
	}
	return n, nil
}

// pair are the two integers that are the operation's argument.
func pair(op history.Op) (a, b int, err error) {
	items, _ := op.Value.Items()
	if len(items) != 2 {
		return 0, 0, NoEffect(fmt.Errorf("%s %s: the argument %v is no pair of integers", op.F, op.Key, op.Value))
	}
	a, aok := items[0].Int()
	b, bok := items[1].Int()
	if !aok || !bok {
		return 0, 0, NoEffect(fmt.Errorf("%s %s: the argument %v is no pair of integers", op.F, op.Key, op.Value))
	}
	return a, b, nil
}

// optional is the integer, or null if none was found.
func optional(n int, found bool) history.Value {
	if !found {
		return history.Value{}
	}
	return history.Int(n)
}
