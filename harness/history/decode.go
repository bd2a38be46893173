package history

import (
	"encoding/json"
	"fmt"
	"time"
)

// UnmarshalJSON accepts any JSON that is not nested too deep.
func (v *Value) UnmarshalJSON(text []byte) error {
	p := parser{text: text}
	w, err := p.value(0)
	if err == nil {
		err = p.finish()
	}
	if err != nil {
		return err
	}
	*v = w
	return nil
}

// UnmarshalJSON reads what MarshalJSON wrote. Unknown fields are passed over.
func (o *Op) UnmarshalJSON(text []byte) error {
	p := parser{text: text}
	op, _, err := p.op()
	if err != nil {
		return err
	}
	*o = op
	return nil
}

// seen are the fields that an op's line had, of those that matter.
type seen uint8

const (
	seenProcess seen = 1 << iota
	seenType
	seenF
	seenIndex
)

// op reads an object with the fields of an Op, and nothing after it.
func (p *parser) op() (op Op, has seen, err error) {
	if !p.take('{') {
		return op, has, p.fail("an operation: {")
	}
	for more := !p.take('}'); more; {
		name, err := p.field()
		if err != nil {
			return op, has, err
		}
		p.space()
		field, err := p.opField(&op, name)
		if err != nil {
			return op, has, err
		}
		has |= field
		if more, err = p.another('}'); err != nil {
			return op, has, err
		}
	}
	if err := p.required(has); err != nil {
		return op, has, err
	}
	return op, has, p.finish()
}

// required reports a field without which there is no operation.
func (p *parser) required(has seen) error {
	for _, field := range []struct {
		bit  seen
		name string
	}{{seenProcess, "process"}, {seenType, "type"}, {seenF, "f"}} {
		if has&field.bit == 0 {
			return &unexpected{at: p.at - 1, expected: fmt.Sprintf("a field %q", field.name), found: "the end of the operation"}
		}
	}
	return nil
}

func (p *parser) opField(op *Op, name []byte) (has seen, err error) {
	switch string(name) {
	case "index":
		op.Index, err = p.natural("an index (0, 1, 2, ...)")
		return seenIndex, err
	case "process":
		op.Process, err = p.process()
		return seenProcess, err
	case "type":
		op.Type, err = p.opType()
		return seenType, err
	case "f":
		op.F, err = p.name("the operation's name as a string")
		return seenF, err
	case "key":
		op.Key, err = p.name("a key as a string")
	case "value":
		op.Value, err = p.value(0)
	case "time":
		var ns int
		ns, err = p.natural("a time in nanoseconds (0, 1, 2, ...)")
		op.Time = time.Duration(ns)
	case "node":
		op.Node, err = p.name("a node's name as a string")
	case "error":
		op.Error, err = p.name("an error's text as a string")
	case "final":
		op.Final, err = p.bool()
	case "fault":
		op.Fault, err = p.fault()
	default:
		_, err = p.value(0)
	}
	return 0, err
}

func (p *parser) name(expected string) (string, error) {
	if p.peek() == 'n' {
		return "", p.word("null")
	}
	text, err := p.string(expected)
	return p.names.intern(text), err
}

func (p *parser) natural(expected string) (int, error) {
	start := p.at
	if c := p.peek(); !isDigit(c) {
		return 0, p.fail(expected)
	}
	isInteger, err := p.number()
	if err != nil {
		return 0, err
	}
	n, fits := atoi(p.text[start:p.at])
	if !isInteger || !fits {
		return 0, p.failAt(start, expected)
	}
	return int(n), nil
}

func (p *parser) process() (int, error) {
	const expected = `a process (0, 1, 2, ... or "nemesis")`
	if p.peek() != '"' {
		return p.natural(expected)
	}
	start := p.at
	text, err := p.string(expected)
	if err == nil && string(text) != nemesisName {
		err = p.failAt(start, expected)
	}
	return Nemesis, err
}

func (p *parser) opType() (Type, error) {
	const expected = `a type ("invoke", "ok", "fail" or "info")`
	start := p.at
	text, err := p.string(expected)
	if err != nil {
		return 0, err
	}
	for t, name := range typeNames {
		if string(text) == name {
			return Type(t), nil
		}
	}
	return 0, p.failAt(start, expected)
}

func (p *parser) bool() (bool, error) {
	switch p.peek() {
	case 't':
		return true, p.word("true")
	case 'f':
		return false, p.word("false")
	}
	return false, p.fail("true or false")
}

// fault reads a fault, which is so rare that encoding/json may do it.
func (p *parser) fault() (*Fault, error) {
	if p.peek() == 'n' {
		return nil, p.word("null")
	}
	start := p.at
	if p.peek() != '{' {
		return nil, p.fail("a fault: {")
	}
	if _, err := p.value(0); err != nil {
		return nil, err
	}
	f := new(Fault)
	if err := json.Unmarshal(p.text[start:p.at], f); err != nil {
		return nil, &unexpected{at: start, expected: `a fault {"id": 1, "name": "kill", "nodes": ["n1"]}`, found: err.Error()}
	}
	return f, nil
}
