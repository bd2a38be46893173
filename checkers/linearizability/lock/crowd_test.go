package lock_test

import (
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// crowd are clients that take a lock and give it back, as often as they can. Some of
// what they do is of unknown outcome: acquires that hold nothing, and releases that
// work.
type crowd struct {
	clients, operations, permits int
	info                         float64
	seed                         uint64
}

// stage is what a client does: nothing, waiting for the lock, about to be told that
// it has it, holding it, giving it back, or about to be told that it did.
type stage uint8

const (
	idle stage = iota
	waiting
	granted
	holding
	releasing
	released
)

type member struct {
	process int
	doing   stage
}

// square is where a crowd meets.
type square struct {
	random  *rand.Rand
	h       *history.History
	free    int
	token   int
	process int
}

// work returns the history of the crowd. Who still waits in the end never gets an
// answer.
func (c crowd) work() *history.History {
	s := &square{random: rand.New(rand.NewPCG(c.seed, 1)), h: &history.History{Ops: make([]history.Op, 0, 2*c.operations)}, free: c.permits}
	members := make([]member, c.clients)
	for i := range members {
		members[i] = s.fresh()
	}
	for done := 0; done < c.operations; {
		m := &members[s.random.IntN(len(members))]
		if m.doing == idle || m.doing == holding {
			done++
		}
		s.act(m, c.info)
	}
	return s.h
}

func (s *square) fresh() member {
	s.process++
	return member{process: s.process}
}

func (s *square) act(m *member, info float64) {
	unknown := s.random.Float64() < info
	switch m.doing {
	case idle:
		s.record(m, history.Invoke, "acquire", history.Value{})
		m.doing = waiting
	case waiting:
		switch {
		case unknown:
			s.record(m, history.Info, "acquire", history.Value{})
			*m = s.fresh()
		case s.free > 0:
			s.free--
			s.token++
			m.doing = granted
		}
	case granted:
		s.record(m, history.OK, "acquire", history.Int(s.token))
		m.doing = holding
	case holding:
		s.record(m, history.Invoke, "release", history.Value{})
		m.doing = releasing
	case releasing:
		s.free++
		m.doing = released
	case released:
		if unknown {
			s.record(m, history.Info, "release", history.Value{})
			*m = s.fresh()
			return
		}
		s.record(m, history.OK, "release", history.Value{})
		m.doing = idle
	}
}

func (s *square) record(m *member, t history.Type, f string, v history.Value) {
	at := len(s.h.Ops)
	s.h.Ops = append(s.h.Ops, history.Op{Index: at, Process: m.process, Type: t, F: f, Value: v, Time: time.Duration(at) * time.Millisecond})
}
