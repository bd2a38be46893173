package jepsen

import (
	"io"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/edn"
	"github.com/assaykit/assay/harness/history/token"
)

// ReadLog reads operations as old versions of Jepsen logged them, and as they are
// handed down in the tests of porcupine:
//
//	INFO  jepsen.util - 4	:invoke	:cas	[1 2]
//	INFO  jepsen.util - 4	:fail	:cas	[1 2]
//
// Every line is one operation; a last one without an end may have lost some of
// its value, and is left out. In these tests of etcd a compare-and-set failed
// because it had compared, and for no other reason, so that it is an observation:
// history.Mismatch. In place of a value that nobody knows stands an error.
func ReadLog(in io.Reader, o Options) (*history.History, Notes, error) {
	c := newCollector(edn.NewReader(in, o.Name), o)
	for {
		op, err := c.line()
		switch {
		case token.Ended(err), op != nil && err == nil && c.stream.Unended():
			c.tear()
			return c.finish(o)
		case err == nil && op == nil:
			return c.finish(o)
		case err == nil:
			err = c.add(op)
		}
		if err != nil {
			return nil, Notes{}, err
		}
	}
}

// line reads one operation; there is none at the end of the text.
func (c *collector) line() (*operation, error) {
	t, err := c.stream.Next()
	c.begin = c.stream.Here()
	if err != nil || t.Kind == token.End {
		return nil, err
	}
	op := c.blank()
	op.has = needed | valueField
	for i, read := range []func(token.Token) error{
		c.literal("INFO"), c.literal("jepsen.util"), c.literal("-"),
		func(t token.Token) error { return c.process(op, t) },
		func(t token.Token) (err error) { op.Type, err = c.outcome(t); return err },
		func(t token.Token) (err error) { op.F, err = c.word(t, "the operation's name"); return err },
		func(t token.Token) error { return c.logValue(op, t) },
	} {
		if i > 0 {
			t, err = c.onLine()
		}
		if err == nil {
			err = read(t)
		}
		if err != nil {
			return nil, err
		}
	}
	return op, nil
}

func (c *collector) literal(word string) func(token.Token) error {
	return func(t token.Token) error {
		if t.Kind != token.Symbol || string(t.Text) != word {
			return c.stream.Fail("INFO  jepsen.util - and an operation")
		}
		return nil
	}
}

// onLine gives the next token, which has to be on the line that has begun.
func (c *collector) onLine() (token.Token, error) {
	t, err := c.stream.Next()
	if err == nil && (t.Kind == token.End || c.stream.Here().Line != c.begin.Line) {
		err = c.stream.Fail("the rest of the operation in the same line")
	}
	return t, err
}

func (c *collector) logValue(op *operation, t token.Token) (err error) {
	isError := t.Kind == token.Name && op.Type != history.OK && op.Type != history.Invoke
	op.Value, err = c.values.Read(c.stream, t)
	switch {
	case isError:
		op.Error, op.Value = token.Text(op.Value), history.Value{}
	case op.F == "cas" && op.Type == history.Fail:
		op.Error = history.Mismatch
	}
	return err
}
