package client

import (
	"errors"
	"fmt"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

func isMismatch(err error) bool { return errors.Is(err, workloads.ErrMismatch) }

// nonsense is an answer that is not what the operation has to answer. What has
// happened is unknown.
func nonsense(f string, v history.Value, wanted string) error {
	return fmt.Errorf("%s was answered with %v, which is not %s", f, v, wanted)
}

// integer reads an answer that is an integer.
func integer(f string, v history.Value) (int, error) {
	n, ok := v.Int()
	if !ok {
		return 0, nonsense(f, v, "an integer")
	}
	return n, nil
}

// perhaps reads an answer that is an integer or null.
func perhaps(f string, v history.Value) (n int, found bool, err error) {
	if v.IsNil() {
		return 0, false, nil
	}
	n, err = integer(f, v)
	return n, err == nil, err
}

// token reads a fencing token, which may be left out.
func token(f string, v history.Value) (int64, error) {
	n, _, err := perhaps(f, v)
	return int64(n), err
}

// integers reads a list of integers.
func integers(f string, v history.Value) ([]int, error) {
	items, ok := v.Items()
	if !ok {
		return nil, nonsense(f, v, "a list of integers")
	}
	found := make([]int, len(items))
	for i, item := range items {
		if found[i], ok = item.Int(); !ok {
			return nil, nonsense(f, v, "a list of integers")
		}
	}
	return found, nil
}

// two reads a pair of integers.
func two(f string, v history.Value) (a, b int, err error) {
	both, err := integers(f, v)
	if err != nil || len(both) != 2 {
		return 0, 0, nonsense(f, v, "a pair of integers")
	}
	return both[0], both[1], nil
}

// twos reads a list of pairs of integers.
func twos(f string, v history.Value) ([][2]int, error) {
	items, ok := v.Items()
	if !ok {
		return nil, nonsense(f, v, "a list of pairs of integers")
	}
	found := make([][2]int, len(items))
	for i, item := range items {
		a, b, err := two(f, item)
		if err != nil {
			return nil, nonsense(f, v, "a list of pairs of integers")
		}
		found[i] = [2]int{a, b}
	}
	return found, nil
}
