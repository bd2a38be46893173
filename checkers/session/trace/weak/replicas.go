package weak

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// Replicas are a store in which every session has a replica of its own. Writes
// stand in one log, which each replica applies in order, when it gets round to
// it. A read is answered by the session's replica at once, and a write is
// acknowledged when the session's replica has applied it. So the log is an order
// of all operations in which each session reads what the ones before left: they
// are sequentially consistent (Attiya and Welch, Sequential Consistency versus
// Linearizability, 1994), and not linearizable where a replica lags.
type Replicas struct {
	Random                 *rand.Rand
	Sessions, Keys, Perkey int
	// Lag is how likely a replica does not catch up before a session acts.
	Lag float64
	// Apart makes a log for each key. Then only what is promised of each key by
	// itself is kept.
	Apart bool
	// Trouble is the share of writes whose answer is lost.
	Trouble float64

	logs     []log
	sessions []replicated
	process  int
	last     int
	history  history.History
	work     int
}

// log is the writes to one key, or to all of them.
type log []entry

type entry struct {
	key, value int
}

// replicated is a session and its replica.
type replicated struct {
	process int
	op      history.Op
	key     int
	busy    bool
	// wait is the end of the log, at which its write is acknowledged, or 0.
	wait int
	// applied is how much of each log the replica has applied, and holds what it
	// holds, 0 for nothing.
	applied []int
	holds   []int
}

// Work lets the sessions do so many operations. After Perkey operations each, keys
// give way to new ones.
func (r *Replicas) Work(operations int) *history.History {
	r.sessions = make([]replicated, r.Sessions)
	for i := range r.sessions {
		r.sessions[i].process = r.process
		r.process++
	}
	for done := 0; done < operations; {
		s := &r.sessions[r.Random.IntN(len(r.sessions))]
		if !s.busy {
			r.invoke(s)
			done++
		} else {
			r.proceed(s)
		}
	}
	for i := range r.sessions {
		for s := &r.sessions[i]; s.busy; {
			r.proceed(s)
		}
	}
	return &r.history
}

func (r *Replicas) invoke(s *replicated) {
	r.work++
	s.key = r.work/(r.Keys*r.Perkey)*r.Keys + r.Random.IntN(r.Keys)
	s.op, s.busy, s.wait = history.Op{F: "read", Key: fmt.Sprint("k", s.key)}, true, 0
	if r.Random.IntN(3) == 0 {
		r.last++
		s.op.F, s.op.Value = "write", history.Int(r.last)
	}
	r.record(s, history.Invoke, s.op.Value, "")
}

func (r *Replicas) proceed(s *replicated) {
	at := 0
	if r.Apart {
		at = s.key
	}
	for len(r.logs) <= at {
		r.logs = append(r.logs, nil)
	}
	write := s.op.F == "write"
	if write && s.wait == 0 {
		value, _ := s.op.Value.Int()
		r.logs[at] = append(r.logs[at], entry{s.key, value})
		s.wait = len(r.logs[at])
		return
	}
	if write && r.Random.Float64() < r.Trouble {
		r.record(s, history.Info, s.op.Value, "timeout")
		s.process, s.busy = r.process, false
		r.process++
		return
	}
	if r.Random.Float64() >= r.Lag {
		s.apply(at, r.logs[at], len(r.logs[at]))
	}
	if write {
		s.apply(at, r.logs[at], s.wait)
		r.answer(s, s.op.Value)
		return
	}
	var found history.Value
	if s.key < len(s.holds) && s.holds[s.key] != 0 {
		found = history.Int(s.holds[s.key])
	}
	r.answer(s, found)
}

func (r *Replicas) answer(s *replicated, v history.Value) {
	r.record(s, history.OK, v, "")
	s.busy = false
}

// apply applies a log up to a place.
func (s *replicated) apply(at int, l log, until int) {
	for len(s.applied) <= at {
		s.applied = append(s.applied, 0)
	}
	for ; s.applied[at] < until; s.applied[at]++ {
		e := l[s.applied[at]]
		for len(s.holds) <= e.key {
			s.holds = append(s.holds, 0)
		}
		s.holds[e.key] = e.value
	}
}

func (r *Replicas) record(s *replicated, t history.Type, v history.Value, err string) {
	op := s.op
	op.Index, op.Process, op.Type, op.Value, op.Error = len(r.history.Ops), s.process, t, v, err
	op.Time = time.Duration(op.Index) * 10 * time.Microsecond
	r.history.Ops = append(r.history.Ops, op)
}
