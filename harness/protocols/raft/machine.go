package raft

import (
	"maps"
	"slices"

	"github.com/assaykit/assay/harness/actor"
)

// Machine is the replicated state: what all nodes compute alike from the log.
type Machine struct {
	Registers map[string]int   `json:"registers"`
	Queues    map[string][]int `json:"queues"`
	// Sets are sorted.
	Sets  map[string][]int `json:"sets"`
	Lists map[string][]int `json:"lists"`
	// Objects are everything else.
	Objects Objects `json:"objects,omitzero"`
	// Sessions remember for each gateway what was done for it.
	Sessions map[actor.ID]*Session `json:"sessions"`
	// Entries is how many were applied, Written which of them wrote to a key last;
	// for the bug SnapshotTransactions only.
	Entries int            `json:"entries,omitempty"`
	Written map[string]int `json:"written,omitempty"`
}

// Session makes repeated requests harmless. It holds no more than its gateway
// may still ask for: the gateway says which is the oldest request that it waits
// for, and a new incarnation waits for none of the old.
type Session struct {
	Incarnation int `json:"incarnation"`
	Low         int `json:"low"`
	// Done has the answers of the requests from Low on.
	Done map[int]Response `json:"done,omitempty"`
	// Fractions is used by the bug FracturedTransactions only.
	Fractions map[int][]Micro `json:"fractions,omitempty"`
}

func newMachine() Machine {
	return Machine{
		Registers: make(map[string]int),
		Queues:    make(map[string][]int),
		Sets:      make(map[string][]int),
		Lists:     make(map[string][]int),
		Sessions:  make(map[actor.ID]*Session),
	}
}

// apply executes a committed entry, once for each request.
func (m *Machine) apply(e Entry, bug Bug) Response {
	if bug == SnapshotTransactions {
		m.Entries++
	}
	if e.ID == (RequestID{}) {
		return m.execute(e.Command, bug)
	}
	session := m.session(e)
	if session == nil {
		return refusal("superseded")
	}
	if e.Command.F == fraction {
		return m.fraction(session, e)
	}
	response, done := session.Done[e.ID.Number]
	switch {
	case done && bug == LostDequeue && e.Command.F == receive:
		// It is known that this was done, but not what came of it.
		return Response{OK: true}
	case done && bug != DoubleApply:
		return response
	}
	response = m.execute(e.Command, bug)
	session.Done[e.ID.Number] = response
	return response
}

// session returns the session of the entry's gateway, or nil if that does not
// wait for this request any more; then it must not be executed, for it may have
// been already.
func (m *Machine) session(e Entry) *Session {
	s, known := m.Sessions[e.ID.Gateway]
	if !known || e.ID.Incarnation > s.Incarnation {
		s = &Session{Incarnation: e.ID.Incarnation, Done: make(map[int]Response)}
		m.Sessions[e.ID.Gateway] = s
	}
	if e.ID.Incarnation < s.Incarnation || e.ID.Number < s.Low {
		return nil
	}
	if e.Low > s.Low {
		s.Low = e.Low
		maps.DeleteFunc(s.Done, func(number int, _ Response) bool { return number < s.Low })
		maps.DeleteFunc(s.Fractions, func(number int, _ []Micro) bool { return number < s.Low })
	}
	return s
}

// awaited says whether the gateway may still wait for an answer.
func (m *Machine) awaited(id RequestID) bool {
	s, known := m.Sessions[id.Gateway]
	return known && s.Incarnation == id.Incarnation && id.Number >= s.Low
}

func (m *Machine) execute(c Command, bug Bug) Response {
	if f, known := functions[c.F]; known {
		return f.do(&m.Objects, c, bug)
	}
	switch c.F {
	case write:
		m.Registers[c.Key] = c.Value
	case cas:
		return m.compareAndSet(c)
	case send:
		m.Queues[c.Key] = append(m.Queues[c.Key], c.Value)
	case receive:
		return m.receive(c)
	case remove:
		queue := m.Queues[c.Key]
		m.Queues[c.Key] = queue[min(c.Value, len(queue)):]
	case add:
		m.add(c)
	case transact:
		return m.transact(c)
	case install:
		return m.install(c)
	}
	return Response{OK: true}
}

func (m *Machine) compareAndSet(c Command) Response {
	value, found := m.Registers[c.Key]
	if !found || value != c.Old {
		return Response{OK: true}
	}
	m.Registers[c.Key] = c.New
	return Response{OK: true, Swapped: true}
}

func (m *Machine) receive(c Command) Response {
	queue := m.Queues[c.Key]
	if len(queue) == 0 {
		return Response{OK: true}
	}
	m.Queues[c.Key] = queue[1:]
	return Response{OK: true, Found: true, Value: queue[0]}
}

func (m *Machine) add(c Command) {
	set := m.Sets[c.Key]
	if place, there := slices.BinarySearch(set, c.Value); !there {
		m.Sets[c.Key] = slices.Insert(set, place, c.Value)
	}
}

// read answers what changes nothing.
func (m *Machine) read(c Command) Response {
	if f, known := functions[c.F]; known {
		return f.do(&m.Objects, c, "")
	}
	if c.F == transact {
		done, _ := m.draft().perform(c.Micros)
		return Response{OK: true, Micros: done}
	}
	if c.F == elements {
		return Response{OK: true, Elements: append([]int{}, m.Sets[c.Key]...)}
	}
	value, found := m.Registers[c.Key]
	return Response{OK: true, Found: found, Value: value}
}
