// Package client makes clients of things that answer operations, whatever language
// they speak: every data type that workloads know is put into a few words (an
// operation's name, a key, a value) and what comes back is read strictly. An answer
// that makes no sense is an unknown outcome, never a failed operation.
//
// How an operation reaches the system is no affair of this package: package program
// asks a child process, package mapping sends HTTP requests.
package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// Call is one operation in words.
type Call struct {
	F     string        `json:"f"`
	Key   string        `json:"key,omitempty"`
	Value history.Value `json:"value"`
}

// Caller executes operations.
type Caller interface {
	// Call returns what an operation answered. Its error follows the rule of package
	// workloads: it means an unknown outcome unless wrapped by workloads.NoEffect.
	// That a condition did not hold is workloads.ErrMismatch.
	Call(ctx context.Context, c Call) (history.Value, error)
	// Operations are the names of those that it knows.
	Operations() []string
	Close() error
}

// Client is a client for every data type of which the caller knows the operations. It
// implements all interfaces of package workloads, and workloads.Partial.
type Client struct{ caller Caller }

// New makes a client of a caller.
func New(c Caller) *Client { return &Client{c} }

// Close implements cluster.Client.
func (c *Client) Close() error { return c.caller.Close() }

// Offers implements workloads.Partial.
func (c *Client) Offers(dataType string) error {
	known := c.caller.Operations()
	for _, t := range DataTypes() {
		if t.Name != dataType {
			continue
		}
		missing := slices.DeleteFunc(t.needs(), func(f string) bool { return slices.Contains(known, f) })
		if len(missing) > 0 {
			return fmt.Errorf("the client does not offer %s", strings.Join(missing, ", "))
		}
		return nil
	}
	return fmt.Errorf("clients in other languages cannot offer the data type %s", dataType)
}

// call executes an operation that the caller may not know.
func (c *Client) call(ctx context.Context, f, key string, value history.Value) (history.Value, error) {
	if !slices.Contains(c.caller.Operations(), f) {
		return history.Value{}, workloads.NoEffect(fmt.Errorf("the client does not offer %s", f))
	}
	return c.caller.Call(ctx, Call{F: f, Key: key, Value: value})
}

// do is call for operations that answer nothing.
func (c *Client) do(ctx context.Context, f, key string, value history.Value) error {
	_, err := c.call(ctx, f, key, value)
	return err
}

// onlyIf is do for operations that may find that their condition does not hold.
func (c *Client) onlyIf(ctx context.Context, f, key string, value history.Value) (held bool, answer history.Value, err error) {
	answer, err = c.call(ctx, f, key, value)
	if isMismatch(err) {
		return false, history.Value{}, nil
	}
	return err == nil, answer, err
}
