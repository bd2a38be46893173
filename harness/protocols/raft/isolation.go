package raft

import (
	"maps"
	"slices"

	"github.com/assaykit/assay/harness/actor"
)

// The commands into which leaders with a bug of isolation turn a transaction.
const (
	// install writes what a transaction has computed before.
	install = "install"
	// fraction executes the micro-operation number Value, and no other.
	fraction = "fraction"
)

// transaction is the entry for a client's transaction. Without a bug that is the
// transaction itself: it is executed when the entry is applied, at one moment.
func (n node) transaction(f Forward) Entry {
	e := Entry{ID: f.ID, Low: f.Low, Command: f.Command}
	switch {
	case n.bug(ReadCommittedTransactions):
		e.Command = n.Machine.precompute(f.Command)
	case n.bug(SnapshotTransactions):
		e.Command = n.Machine.precompute(f.Command)
		// A snapshot without a number would never be in conflict.
		e.Command.Value = n.Applied + 1
	case n.bug(FracturedTransactions):
		e.Command.F = fraction
	}
	return e
}

// precompute executes a transaction on the state as it is now, and makes the
// command that will write what comes of it, whatever has happened meanwhile.
func (m *Machine) precompute(c Command) Command {
	d := m.draft()
	done, ok := d.perform(c.Micros)
	c = Command{F: install, Micros: done}
	if !ok {
		return c
	}
	for _, key := range slices.Sorted(maps.Keys(d.registers)) {
		c.Writes = append(c.Writes, Micro{F: write, Key: key, Value: d.registers[key]})
	}
	for _, key := range slices.Sorted(maps.Keys(d.lists)) {
		c.Writes = append(c.Writes, Micro{F: appendTo, Key: key, List: d.lists[key]})
	}
	return c
}

// install writes, unless with the bug SnapshotTransactions somebody has written
// to the same keys after the snapshot: the first committer wins. What was only
// read may have changed, which is what is wrong.
func (m *Machine) install(c Command) Response {
	conflicts := func(w Micro) bool { return m.Written[w.F+" "+w.Key] >= c.Value }
	if c.Value > 0 && slices.ContainsFunc(c.Writes, conflicts) {
		return refusal("conflict with a transaction that committed first")
	}
	for _, w := range c.Writes {
		if w.F == write {
			m.Registers[w.Key] = w.Value
		} else {
			m.Lists[w.Key] = w.List
		}
		if c.Value > 0 {
			m.note(w)
		}
	}
	return Response{OK: true, Micros: c.Micros}
}

// note remembers which entry wrote to a key last.
func (m *Machine) note(w Micro) {
	if m.Written == nil {
		m.Written = make(map[string]int)
	}
	m.Written[w.F+" "+w.Key] = m.Entries
}

// fraction executes one micro-operation, in its turn, and lets everybody see it at
// once. The response counts in Value how many have been executed.
func (m *Machine) fraction(s *Session, e Entry) Response {
	done := s.Fractions[e.ID.Number]
	if e.Command.Value == len(done) && len(done) < len(e.Command.Micros) {
		d := m.draft()
		next, ok := d.perform(e.Command.Micros[len(done) : len(done)+1])
		d.install()
		done = slices.Concat(done, next)
		if !ok {
			done = slices.Concat(done, e.Command.Micros[len(done):])
		}
		if s.Fractions == nil {
			s.Fractions = make(map[int][]Micro)
		}
		s.Fractions[e.ID.Number] = done
	}
	return Response{OK: true, Value: len(done), Micros: done}
}

// goOn proposes the next micro-operation of a transaction that is executed in
// fractions, and says whether there was one.
func (n node) goOn(e Entry, r Response) bool {
	if e.Command.F != fraction || !r.OK || r.Value >= len(e.Command.Micros) {
		return false
	}
	e.Command.Value = r.Value
	n.propose(e)
	return true
}

// ownFirst answers a transaction that only reads from the node's own state, in which
// the transactions of its own clients have happened already. Another node sees those
// later, and those of its own clients first.
func (n node) ownFirst(c Command) Response {
	d := n.Machine.draft()
	n.Gateway.Own = slices.DeleteFunc(n.Gateway.Own, func(p Pending) bool {
		return n.Machine.passed(n.Self(), p.Number)
	})
	for _, p := range n.Gateway.Own {
		d.perform(p.Command.Micros)
	}
	done, _ := d.perform(c.Micros)
	return Response{OK: true, Micros: done}
}

// keepOwn remembers a transaction until this node has applied it.
func (n node) keepOwn(p Pending) {
	if p.Command.F == transact && n.bug(ParallelSnapshots) {
		n.Gateway.Own = append(n.Gateway.Own, p)
	}
}

// passed says whether a request has been applied here, or never will be.
func (m *Machine) passed(gateway actor.ID, number int) bool {
	s, known := m.Sessions[gateway]
	if !known {
		return false
	}
	_, done := s.Done[number]
	return done || number < s.Low
}
