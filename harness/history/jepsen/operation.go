package jepsen

import (
	"bytes"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/token"
)

// fieldOf is the field of an operation that has the name, 0 if it does not matter.
func fieldOf(name []byte) field {
	switch string(name) {
	case "process":
		return processField
	case "type":
		return typeField
	case "f":
		return nameField
	case "value":
		return valueField
	case "index":
		return indexField
	case "time":
		return timeField
	case "error":
		return errorField
	case "key":
		return keyField
	case "node":
		return nodeField
	case "final":
		return finalField
	case "fault":
		return faultField
	case "outcome":
		return outcomeField
	}
	return 0
}

type field uint16

const (
	processField field = 1 << iota
	typeField
	nameField
	valueField
	indexField
	timeField
	errorField
	keyField
	nodeField
	finalField
	faultField
	outcomeField
)

// operation is one as it stands in the file.
type operation struct {
	history.Op
	has field
	// named is the process' name if it is not a number.
	named string
	// pair is the value if it was read as [key value].
	pair   [2]history.Value
	isPair bool
	// fault and outcome are what Write adds to what the nemesis did.
	fault   history.Value
	outcome history.Type
}

// blank is an operation to be filled, until the next one.
func (c *collector) blank() *operation {
	c.op = operation{}
	return &c.op
}

// operation reads one from after its { on.
func (c *collector) operation() error {
	op := c.blank()
	for {
		t, err := c.stream.Next()
		if err != nil {
			return err
		}
		if t.Kind == token.Close {
			return c.add(op)
		}
		if !t.IsWord() {
			// A key of another kind is none of the fields.
			err = token.Skip(c.stream, t)
			t.Text = nil
		}
		if err == nil {
			err = c.field(op, fieldOf(t.Text))
		}
		if err != nil {
			return err
		}
	}
}

// field reads a field's value.
func (c *collector) field(op *operation, f field) error {
	if op.has&f != 0 {
		return c.stream.Fail("each field only once")
	}
	op.has |= f
	t, err := c.stream.Next()
	if err == nil {
		t, err = token.Untag(c.stream, t)
	}
	if err != nil {
		return err
	}
	switch f {
	case processField:
		return c.process(op, t)
	case typeField:
		op.Type, err = c.outcome(t)
	case nameField:
		op.F, err = c.word(t, "the operation's name")
	case valueField:
		if c.keys.splitting && t.Kind == token.OpenList {
			return c.readPair(op)
		}
		op.Value, err = c.values.Read(c.stream, t)
	case indexField:
		return c.index(op, t)
	case timeField:
		return c.time(op, t)
	case outcomeField:
		return c.nemesisOutcome(op, t)
	default:
		return c.rarer(op, f, t)
	}
	return err
}

// rarer reads a field that few operations have.
func (c *collector) rarer(op *operation, f field, t token.Token) error {
	if f == 0 || t.Kind == token.Nil {
		op.has &^= f
		return token.Skip(c.stream, t)
	}
	v, err := c.values.Read(c.stream, t)
	if err != nil {
		return err
	}
	switch f {
	case keyField:
		op.Key = c.keys.name(v)
	case errorField:
		op.Error = token.Text(v)
	case nodeField:
		op.Node = token.Text(v)
	case finalField:
		op.Final, _ = v.Bool()
	case faultField:
		op.fault = v
	}
	return nil
}

// word reads a name, with or without the colon that some write in JSON, too.
func (c *collector) word(t token.Token, expected string) (string, error) {
	if t.Text = bytes.TrimLeft(t.Text, ":"); !t.IsWord() || len(t.Text) == 0 {
		return "", c.stream.Fail(expected)
	}
	return c.values.Word(t.Text), nil
}

// outcome reads what kind of line this is.
func (c *collector) outcome(t token.Token) (history.Type, error) {
	if t.IsWord() {
		switch string(bytes.TrimLeft(t.Text, ":")) {
		case "invoke":
			return history.Invoke, nil
		case "ok":
			return history.OK, nil
		case "fail":
			return history.Fail, nil
		case "info":
			return history.Info, nil
		}
	}
	return 0, c.stream.Fail("a type: invoke, ok, fail or info")
}

// nemesisOutcome reads an outcome of the nemesis. In other tools' histories the
// field may mean anything.
func (c *collector) nemesisOutcome(op *operation, t token.Token) (err error) {
	if !t.IsWord() {
		op.has &^= outcomeField
		return token.Skip(c.stream, t)
	}
	if op.outcome, err = c.outcome(t); err != nil {
		op.has &^= outcomeField
	}
	return nil
}

// highest is the highest number of a process: what is added to it must fit too.
const highest = 1 << 53

func (c *collector) process(op *operation, t token.Token) (err error) {
	const expected = "a process: 0, 1, 2, ... or a name"
	if t.Kind == token.Int {
		if op.Process = int(t.Int); t.Int < 0 || t.Int > highest {
			return c.stream.Fail(expected)
		}
		return nil
	}
	op.named, err = c.word(t, expected)
	return err
}

func (c *collector) index(op *operation, t token.Token) error {
	if t.Kind == token.Nil {
		op.has &^= indexField
		return nil
	}
	if op.Index = int(t.Int); t.Kind != token.Int || t.Int < 0 {
		return c.stream.Fail("an index: 0, 1, 2, ...")
	}
	return nil
}

// time reads nanoseconds since any moment.
func (c *collector) time(op *operation, t token.Token) error {
	switch t.Kind {
	case token.Nil, token.Number: // a fraction of a nanosecond is no time to go by
		return nil
	case token.Int:
		c.timed = true
		op.Time = max(0, time.Duration(t.Int))
		return nil
	}
	return c.stream.Fail("a time in nanoseconds")
}
