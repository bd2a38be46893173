package queue

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// TestContents walks at random through the states of a queue, back to known ones
// too, and compares with slices: states are one if and only if their values are.
func TestContents(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	c := newContents()
	known := map[string]object.State{"": 0}
	values := [][]int32{nil}
	at := object.State(0)
	for range 20_000 {
		if random.IntN(50) == 0 {
			at = object.State(random.IntN(len(values)))
		}
		var want []int32
		next := at
		if value := int32(random.IntN(3)); len(values[at]) == 0 || random.IntN(9) < 5 {
			want, next = append(slices.Clone(values[at]), value), c.Add(at, value)
		} else {
			if got := c.First(at); got != values[at][0] {
				t.Fatalf("%d is at the head of %v", got, values[at])
			}
			want, next = values[at][1:], c.Rest(at)
		}
		name := string(text(want))
		if s, is := known[name]; is && s != next || !is && int(next) != len(values) {
			t.Fatalf("%v is the state %d, known as %d: %v", want, next, s, is)
		} else if !is {
			known[name] = next
			values = append(values, want)
		}
		at = next
	}
	if len(values) < 1000 {
		t.Errorf("only %d states were tried", len(values))
	}
}

func text(values []int32) []byte {
	var b []byte
	for _, value := range values {
		b = append(b, byte(value))
	}
	return b
}

// TestHashes takes states with one hash for different ones all the same.
func TestHashes(t *testing.T) {
	c := newContents()
	one, two := c.Add(0, 1), c.Add(0, 2)
	c.states[two].key = c.states[one].key
	c.states[two].next = one
	c.first = map[key]object.State{{}: 0, c.states[one].key: two}
	if again := c.Add(0, 1); again != one {
		t.Errorf("the state of 1 is %d, not %d", again, one)
	}
}
