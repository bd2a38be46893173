// Package liar simulates collections that answer wrongly now and then, for the
// tests of those who judge them.
package liar

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Kind is what is simulated.
type Kind struct {
	// Add and Remove are the names of the operations.
	Add, Remove string
	// First is the place of the value that is to be removed first. The values are
	// in the order in which they were added.
	First func(values []int) int
}

// The kinds of collections.
var (
	Queue = Kind{"send", "receive", func([]int) int { return 0 }}
	Stack = Kind{"push", "pop", func(values []int) int { return len(values) - 1 }}
	// Priority is a queue whose smallest values come first.
	Priority = Kind{"insert", "take-min", func(values []int) int { return slices.Index(values, slices.Min(values)) }}
)

// lying is a collection that lies in lie of a hundred answers, and is given a value
// that it was given before in repeat of a hundred additions.
type lying struct {
	Kind
	random      *rand.Rand
	values      []int
	unused      []int
	repeat, lie int
}

// New is a collection with its own way to lie. No history has more operations than
// it has different values.
func New(k Kind, random *rand.Rand) script.System {
	return &lying{Kind: k, random: random, unused: random.Perm(20),
		repeat: []int{0, 0, 40}[random.IntN(3)], lie: []int{0, 10, 30}[random.IntN(3)]}
}

// Try compares what decides about a kind of collection with brute force, and fails
// unless the monitor decides nearly all histories whose values are added once.
func Try(t *testing.T, rounds int, of object.Type, k Kind) {
	seen := try.Random(t, rounds, of, func(random *rand.Rand) script.System { return New(k, random) })
	if n := seen.Of("legal") + seen.Of("illegal"); n > 1000 && (seen.Of("illegal") < n/20 || seen.Of("decided") < n*9/10) {
		t.Error("too few illegal ones, or too few that the monitor decides")
	}
}

func (c *lying) chance(of int) bool { return c.random.IntN(100) < of }

func (c *lying) Next() history.Op {
	if c.chance(50) {
		return history.Op{F: c.Remove}
	}
	if c.chance(c.repeat) {
		return history.Op{F: c.Add, Value: history.Int(c.random.IntN(3))}
	}
	value := c.unused[0]
	c.unused = c.unused[1:]
	return history.Op{F: c.Add, Value: history.Int(value)}
}

func (c *lying) Effect(op history.Op) any {
	if value, adds := op.Value.Int(); adds {
		if !c.chance(c.lie) {
			c.values = append(c.values, value)
		}
		return op.Value
	}
	if len(c.values) == 0 {
		return history.Value{}
	}
	at := c.First(c.values)
	if c.chance(c.lie) {
		at = c.random.IntN(len(c.values))
	}
	value := c.values[at]
	if !c.chance(c.lie) {
		c.values = slices.Delete(c.values, at, at+1)
	}
	return history.Int(value)
}

func (c *lying) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	switch {
	case op.F == c.Add || !c.chance(c.lie):
		return history.OK, answer.(history.Value), ""
	case c.chance(50):
		return history.OK, history.Value{}, ""
	}
	return history.OK, history.Int(c.random.IntN(20)), ""
}
