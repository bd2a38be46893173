package queue

import (
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/harness/history"
)

// queueSystem is a queue that lies now and then.
type queueSystem struct {
	random *rand.Rand
	values []int
	last   int
	// repeat is how often a value is sent that was sent before, and lie how often
	// an answer is wrong, each of 100.
	repeat, lie int
}

func newSystem(random *rand.Rand) script.System {
	return &queueSystem{random: random, repeat: []int{0, 0, 40}[random.IntN(3)], lie: []int{0, 10, 30}[random.IntN(3)]}
}

func (s *queueSystem) Next() history.Op {
	if s.random.IntN(2) == 0 {
		return history.Op{F: "receive"}
	}
	if s.last++; s.random.IntN(100) < s.repeat {
		return history.Op{F: "send", Value: history.Int(1 + s.random.IntN(3))}
	}
	return history.Op{F: "send", Value: history.Int(s.last)}
}

func (s *queueSystem) Effect(op history.Op) any {
	if op.F == "send" {
		if v, _ := op.Value.Int(); s.random.IntN(100) >= s.lie {
			s.values = append(s.values, v)
		}
		return nil
	}
	if len(s.values) == 0 {
		return history.Value{}
	}
	at := 0
	if s.random.IntN(100) < s.lie {
		at = s.random.IntN(len(s.values))
	}
	v := s.values[at]
	if s.random.IntN(100) >= s.lie {
		s.values = append(s.values[:at:at], s.values[at+1:]...)
	}
	return history.Int(v)
}

func (s *queueSystem) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	if op.F == "send" {
		return history.OK, op.Value, ""
	}
	switch v := answer.(history.Value); {
	case s.random.IntN(100) >= s.lie:
		return history.OK, v, ""
	case s.random.IntN(3) == 0:
		return history.OK, history.Value{}, ""
	}
	return history.OK, history.Int(1 + s.random.IntN(s.last+1)), ""
}

// TestRandom compares with brute force. Nearly all histories are to be decided
// without a search: those whose values are sent only once.
func TestRandom(t *testing.T) {
	seen := try.Random(t, 20_000, Type(), newSystem)
	if n := seen.Of("legal") + seen.Of("illegal"); n > 1000 && (seen.Of("illegal") < n/20 || seen.Of("decided") < n*9/10) {
		t.Error("too few illegal ones, or too few that the monitor decides")
	}
}
