// Package jepsen reads the histories that Jepsen, Knossos, Elle and those who write
// like them have recorded, and writes histories that they can read: as EDN, as
// JSON, and (reading only) as the lines of Jepsen's console log. What it gives is a
// well-formed history of the clients, or an error that names line and column;
// whatever is left out or changed on the way is told in the notes.
//
// It does not judge, and it renames nothing: what a model calls its operations
// is known where the models are.
//
// An operation is a map with the fields process, type, f and value, and perhaps
// index, time, error and key. Others are passed over, except those that Write
// adds.
//
//   - Order is the order in the file. An index has to grow, a time is put right
//     where it does not, and a date counts from the first one.
//   - A process is a number or a name. The process nemesis is left out, for its
//     operations say neither what was verified nor what belongs together; only
//     what this package wrote comes back as faults.
//   - An info completion, or none, leaves the outcome open. A process that goes on
//     after an info is another one from then on, with a new number.
//   - Where histories have many objects, all values are [key value], which looks
//     like any other pair: see Keyed.
package jepsen

import (
	"fmt"
	"io"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/edn"
	"github.com/assaykit/assay/harness/history/jsontext"
	"github.com/assaykit/assay/harness/history/token"
)

// Options say how to read what the text itself leaves open. The zero Options are
// right unless there is reason to know better.
type Options struct {
	// Name is the text's name in errors.
	Name string
	// Keyed says whether values are [key value].
	Keyed Keyed
	// Room is how many operations to make room for.
	Room int
}

// Notes are what a reader of the history should know beyond it.
type Notes struct {
	history.Notice
	// Keyed is set if values were split into keys and values.
	Keyed bool
	// Untimed is set if no operation has a time. They are a millisecond apart then.
	Untimed bool
	// Backwards is how many operations have an earlier time than one of the lines before.
	// What happened before what is taken from the lines. More than moments are an error:
	// where logs of several clients were put one behind the other, the order of the lines
	// is not what happened.
	Backwards int
	// Nemesis is how many lines of the nemesis were left out.
	Nemesis int
	// Renumbered is how many new processes there are: those that went on after an
	// operation of unknown outcome, and those that had names.
	Renumbered int
}

// Sentences are the notes, each in one sentence.
func (n Notes) Sentences() []string {
	var all []string
	switch {
	case n.Truncated && n.Bytes == 0:
		all = append(all, "the list of operations has no end: its writer was killed")
	case n.Truncated:
		all = append(all, n.Notice.String())
	}
	if n.Keyed {
		all = append(all, "values were taken for [key value], and every key for an object of its own")
	}
	if n.Untimed {
		all = append(all, "operations have no times: each line counts as a millisecond")
	}
	if n.Backwards > 0 {
		all = append(all, count(n.Backwards, "line has an earlier time than one before it", "lines have earlier times than lines before them")+
			", by moments: what counts is the order of the lines")
	}
	if n.Nemesis > 0 {
		all = append(all, count(n.Nemesis, "operation of the nemesis was", "operations of the nemesis were")+" left out: they do not say which faults were in effect")
	}
	if n.Renumbered > 0 {
		all = append(all, count(n.Renumbered, "process has a new number", "processes have new numbers")+": those with names, and those that went on after an unknown outcome")
	}
	return all
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// ReadEDN reads operations that follow each other, one a line or otherwise, or
// that stand in one vector or list.
func ReadEDN(in io.Reader, o Options) (*history.History, Notes, error) {
	return read(edn.NewReader(in, o.Name), o)
}

// ReadJSON reads objects that follow each other, one a line or otherwise, or that
// stand in one array.
func ReadJSON(in io.Reader, o Options) (*history.History, Notes, error) {
	return read(jsontext.NewReader(in, o.Name), o)
}

func read(s token.Stream, o Options) (*history.History, Notes, error) {
	c := newCollector(s, o)
	err := c.operations()
	if token.Ended(err) {
		c.tear()
		err = nil
	}
	if err != nil {
		return nil, Notes{}, err
	}
	return c.finish(o)
}

// operations reads all operations, which may stand in lists.
func (c *collector) operations() error {
	for {
		t, err := c.stream.Next()
		c.begin = c.stream.Here()
		if err == nil {
			t, err = token.Untag(c.stream, t)
		}
		switch {
		case err != nil:
			return err
		case t.Kind == token.End:
			return nil
		case t.Kind == token.OpenMap:
			if err := c.operation(); err != nil {
				return err
			}
		case t.Kind != token.OpenList && t.Kind != token.Close:
			return c.stream.Fail("an operation: {")
		}
	}
}

// tear notes that the text ends within an operation.
func (c *collector) tear() {
	_, _ = c.stream.Next() // whatever it says, it is at the end
	end := c.stream.Here()
	c.notes.Truncated, c.notes.Line = true, c.begin.Line
	c.notes.Bytes = int(end.Offset - c.begin.Offset)
}
