package raft

import (
	"encoding/binary"
	"errors"

	"github.com/assaykit/assay/harness/actor"
)

// record is one line of a node's durable log. What is set in it holds from then
// on. It is encoded in a few dozen bytes, fields in their order, because a node
// that restarts under load has to read a hundred thousand of them.
type record struct {
	// Incarnation counts the starts.
	Incarnation int
	// Term and Vote go together.
	Term int
	Vote actor.ID
	// Entries follow entry After; whatever stood behind it is cut off.
	After   int
	Entries []Entry
}

func (r record) encode() []byte {
	var e encoder
	e.integers(r.Incarnation, r.Term, r.After, len(r.Entries))
	e.text(string(r.Vote))
	for _, entry := range r.Entries {
		e.entry(entry)
	}
	return e.line
}

func decodeRecord(line []byte) (record, error) {
	d := decoder{rest: line}
	var r record
	var entries int
	d.integers(&r.Incarnation, &r.Term, &r.After, &entries)
	r.Vote = actor.ID(d.text())
	for i := 0; i < entries && !d.short; i++ {
		r.Entries = append(r.Entries, d.entry())
	}
	if d.short || len(d.rest) > 0 || r.After < 0 {
		return record{}, errors.New("not a record of this program")
	}
	return r, nil
}

type encoder struct{ line []byte }

func (e *encoder) integers(values ...int) {
	for _, v := range values {
		e.line = binary.AppendVarint(e.line, int64(v))
	}
}

func (e *encoder) text(s string) {
	e.integers(len(s))
	e.line = append(e.line, s...)
}

func (e *encoder) entry(n Entry) {
	e.integers(n.Term, n.ID.Incarnation, n.ID.Number, n.Low, n.Command.Value, n.Command.Old, n.Command.New)
	e.text(string(n.ID.Gateway))
	e.text(n.Command.F)
	e.text(n.Command.Key)
	e.micros(n.Command.Micros)
	e.micros(n.Command.Writes)
}

// decoder remembers that it ran short instead of failing at once.
type decoder struct {
	rest  []byte
	short bool
}

func (d *decoder) integers(fields ...*int) {
	for _, field := range fields {
		v, size := binary.Varint(d.rest)
		if size <= 0 {
			d.short = true
			return
		}
		*field, d.rest = int(v), d.rest[size:]
	}
}

func (d *decoder) text() string {
	var size int
	d.integers(&size)
	if d.short || size < 0 || size > len(d.rest) {
		d.short = true
		return ""
	}
	s := string(d.rest[:size])
	d.rest = d.rest[size:]
	return s
}

func (d *decoder) entry() Entry {
	var n Entry
	d.integers(&n.Term, &n.ID.Incarnation, &n.ID.Number, &n.Low, &n.Command.Value, &n.Command.Old, &n.Command.New)
	n.ID.Gateway = actor.ID(d.text())
	n.Command.F = d.text()
	n.Command.Key = d.text()
	n.Command.Micros = d.micros()
	n.Command.Writes = d.micros()
	return n
}

func (e *encoder) micros(micros []Micro) {
	e.integers(len(micros))
	for _, m := range micros {
		e.text(m.F)
		e.text(m.Key)
		e.integers(m.Value, number(m.Found), len(m.List))
		e.integers(m.List...)
	}
}

func (d *decoder) micros() []Micro {
	var size int
	d.integers(&size)
	var micros []Micro
	for i := 0; i < size && !d.short; i++ {
		micros = append(micros, d.micro())
	}
	return micros
}

func (d *decoder) micro() Micro {
	m := Micro{F: d.text(), Key: d.text()}
	var found, size int
	d.integers(&m.Value, &found, &size)
	m.Found = found == 1
	for i := 0; i < size && !d.short; i++ {
		var element int
		d.integers(&element)
		m.List = append(m.List, element)
	}
	return m
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}
