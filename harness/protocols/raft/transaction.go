package raft

import (
	"fmt"
	"maps"
	"slices"
)

// The micro-operations of a transaction. Read, write, initialize, take and give
// are on registers, elements and appendTo on lists.
const (
	appendTo = "append"
	// initialize writes a register that was never written, and no other.
	initialize = "init"
	// take and give change a register by a value, which take refuses if there is
	// not as much in it: then the whole transaction has no effect.
	take = "take"
	give = "give"
)

// mostMicros bounds the size of messages.
const mostMicros = 1024

// Micro is a micro-operation of a transaction, before it was executed and after.
type Micro struct {
	F   string `json:"f"`
	Key string `json:"key,omitempty"`
	// Value is what it writes, and what a read of a register found.
	Value int `json:"value,omitempty"`
	// Found says that a read found anything, and that a take found enough.
	Found bool `json:"found,omitempty"`
	// List is what elements found, the oldest first.
	List []int `json:"list,omitempty"`
}

// draft is what a transaction has done and nobody else sees yet. Lists are never
// changed, but replaced, so that answers can share them.
type draft struct {
	machine   *Machine
	registers map[string]int
	lists     map[string][]int
}

func (m *Machine) draft() draft {
	return draft{machine: m, registers: make(map[string]int), lists: make(map[string][]int)}
}

func (d draft) register(key string) (value int, found bool) {
	if value, found = d.registers[key]; !found {
		value, found = d.machine.Registers[key]
	}
	return value, found
}

func (d draft) list(key string) (list []int, found bool) {
	if list, found = d.lists[key]; !found {
		list, found = d.machine.Lists[key]
	}
	return list, found
}

// perform executes the micro-operations in order and returns them with what they
// found; ok is false if one of them refused, and those behind it are not executed.
func (d draft) perform(micros []Micro) (done []Micro, ok bool) {
	done = slices.Clone(micros)
	for i := range done {
		if !d.step(&done[i]) {
			return done, false
		}
	}
	return done, true
}

func (d draft) step(m *Micro) (ok bool) {
	value, found := d.register(m.Key)
	switch m.F {
	case read:
		m.Value, m.Found = value, found
	case elements:
		m.List, m.Found = d.list(m.Key)
	case write:
		d.registers[m.Key] = m.Value
	case appendTo:
		list, _ := d.list(m.Key)
		d.lists[m.Key] = slices.Concat(list, []int{m.Value})
	case initialize:
		if !found {
			d.registers[m.Key] = m.Value
		}
	case give:
		d.registers[m.Key] = value + m.Value
	case take:
		if m.Found = found && value >= m.Value; !m.Found {
			return false
		}
		d.registers[m.Key] = value - m.Value
	}
	return true
}

// install lets everybody see it.
func (d draft) install() {
	maps.Copy(d.machine.Registers, d.registers)
	maps.Copy(d.machine.Lists, d.lists)
}

// transact executes a transaction, whole or not at all.
func (m *Machine) transact(c Command) Response {
	d := m.draft()
	done, ok := d.perform(c.Micros)
	if ok {
		d.install()
	}
	return Response{OK: true, Micros: done}
}

// onlyReads says that the micro-operations change nothing.
func onlyReads(micros []Micro) bool {
	return !slices.ContainsFunc(micros, func(m Micro) bool { return m.F != read && m.F != elements })
}

// transaction reads the micro-operations of a request.
func (a argument) transaction() (Command, error) {
	c := Command{F: transact}
	if len(a.Micros) > mostMicros {
		return c, fmt.Errorf("%d micro-operations, more than the %d allowed", len(a.Micros), mostMicros)
	}
	for i, micro := range a.Micros {
		m, err := micro.micro()
		if err != nil {
			return c, fmt.Errorf("micro-operation %d: %w", i+1, err)
		}
		c.Micros = append(c.Micros, m)
	}
	return c, nil
}

func (a argument) micro() (Micro, error) {
	m := Micro{F: a.F, Key: a.Key}
	if len(a.Key) > maxKey {
		return m, fmt.Errorf("key of %d bytes, more than the %d allowed", len(a.Key), maxKey)
	}
	switch a.F {
	case read, elements:
		return m, nil
	case write, appendTo, initialize, take, give:
		if a.Value == nil {
			return m, fmt.Errorf("%s needs a value", a.F)
		}
		m.Value = *a.Value
		return m, nil
	}
	return m, fmt.Errorf("unknown function %q", a.F)
}
